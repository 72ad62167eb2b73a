"""Models whose config some code of their repository would read: with a small transformers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from deployer.engine.pretend import models


class Config:
    """As transformers' own: every key an attribute."""

    def __init__(self, **keys: Any) -> None:
        vars(self).update(keys)


class Known(Config):
    """A type that transformers has a class for."""


class Auto:
    """As transformers' AutoConfig: what was registered, and what it was asked with."""

    asked: dict[str, Any]
    registered: dict[str, Any]

    @classmethod
    def from_pretrained(cls, path: str, **options: Any) -> str:
        """Note what was asked."""
        cls.asked = options
        return path

    @classmethod
    def register(cls, kind: str, made: Any) -> None:
        """Note what was registered."""
        cls.registered[kind] = made


@pytest.fixture
def auto(monkeypatch: pytest.MonkeyPatch) -> type[Auto]:
    fresh = type("FreshAuto", (Auto,), {"asked": {}, "registered": {}})
    top, mapping = ModuleType("transformers"), ModuleType("configuration_auto")
    vars(top).update(AutoConfig=fresh, PreTrainedConfig=Config)
    vars(mapping).update(CONFIG_MAPPING={"known": Known})
    monkeypatch.setitem(sys.modules, "transformers", top)
    name = "transformers.models.auto.configuration_auto"
    monkeypatch.setitem(sys.modules, name, mapping)
    return fresh


def _model(folder: Path, **keys: Any) -> list[str]:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(keys))
    return ["--model-path", str(folder), "--tp-size", "8"]


CODE = {"AutoConfig": "configuration_new.NewConfig"}


def test_no_code_of_a_repository_is_ever_loaded(auto: type[Auto], tmp_path: Path) -> None:
    words = _model(tmp_path / "m", model_type="known", auto_map=CODE)
    assert models.without_code(words) == []
    sys.modules["transformers"].AutoConfig.from_pretrained(
        "x", trust_remote_code=True, revision="1"
    )
    assert auto.asked == {"trust_remote_code": False, "revision": "1"}
    assert auto.registered == {}


def test_a_type_that_only_the_code_knows_has_the_keys_of_its_file(
    auto: type[Auto], tmp_path: Path
) -> None:
    words = _model(tmp_path / "m", model_type="new", auto_map=CODE)
    assert models.without_code(words) == ["the code that reads new's config: its keys as they are"]
    inner = {"model_type": "known", "num_hidden_layers": 2}
    other = {"model_type": "odd", "num_hidden_layers": 3}
    made = auto.registered["new"](size=1, text_config=inner, other=other, rope={"factor": 4})
    assert (made.size, made.rope, made.model_type) == (1, {"factor": 4}, "new")
    assert isinstance(made.text_config, Known)
    assert (made.other.model_type, made.other.num_hidden_layers) == ("odd", 3)


@pytest.mark.parametrize("keys", [{}, {"model_type": "new"}, {"model_type": "new", "auto_map": {}}])
def test_what_the_engine_could_not_read_at_home_it_cannot_read_here(
    auto: type[Auto], tmp_path: Path, keys: dict[str, Any]
) -> None:
    assert models.without_code(_model(tmp_path / "m", **keys)) == []
    assert auto.registered == {}


def test_architectures_that_a_release_has_no_class_for(tmp_path: Path) -> None:
    folder = tmp_path / "srt" / "models" / "deep"
    folder.mkdir(parents=True)
    (folder / "new.py").write_text("class NewForCausalLM(nn.Module):\n    class Inner:\n")
    classes = models.implemented(SimpleNamespace(__file__=str(tmp_path / "srt" / "args.py")))
    assert classes == {"NewForCausalLM"}
    words = _model(tmp_path / "m", architectures=["NewForCausalLM", "OtherModel"])
    assert models.missing(words, classes) == ["OtherModel"]
