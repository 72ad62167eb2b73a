"""An environment is complete by its marker, and by nothing else."""

from pathlib import Path

import pytest

from deployer.engine import environment, plugin
from deployer.engine.environment import EngineEnvironment, engine_home, locate, remove
from deployer.errors import UsageError


@pytest.mark.parametrize(
    ("environ", "home"),
    [
        ({"DEPLOYER_ENGINE_HOME": "/disk/engines", "XDG_DATA_HOME": "/data"}, "/disk/engines"),
        ({"XDG_DATA_HOME": "/data", "HOME": "/home/ann"}, "/data/deployer/engines"),
        ({"HOME": "/home/ann"}, "/home/ann/.local/share/deployer/engines"),
        ({"XDG_DATA_HOME": "", "HOME": "/home/ann"}, "/home/ann/.local/share/deployer/engines"),
    ],
)
def test_home(environ: dict[str, str], home: str) -> None:
    assert engine_home(environ) == Path(home)


def test_nothing_there(environ: dict[str, str]) -> None:
    assert locate("0.5.23", environ=environ) is None


def test_unknown_version(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"SGLang 0\.4\.1") as caught:
        locate("0.4.1", environ=environ)
    assert "0.5.23" in caught.value.hint


def test_complete(fake_engine: EngineEnvironment, environ: dict[str, str]) -> None:
    found = locate("0.5.23", environ=environ)
    assert found == fake_engine
    assert found.bin == found.root / "bin"


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', '{"digest": "other"}', "{}"])
def test_any_other_marker_is_incomplete(
    fake_engine: EngineEnvironment, environ: dict[str, str], content: str
) -> None:
    (fake_engine.root / environment.MARKER).write_text(content)
    assert locate("0.5.23", environ=environ) is None


def test_python_gone(fake_engine: EngineEnvironment, environ: dict[str, str]) -> None:
    fake_engine.python.unlink()
    fake_engine.python.symlink_to("/nowhere/python3")
    assert locate("0.5.23", environ=environ) is None


def test_digest_follows_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment.digest("0.5.23")
    changed = plugin.sources() | {"deployer_cpu_platform/boot.py": b"pass\n"}
    monkeypatch.setattr(plugin, "sources", lambda: changed)
    assert environment.digest("0.5.23") != before


def test_remove(fake_engine: EngineEnvironment, environ: dict[str, str]) -> None:
    assert remove("0.5.23", environ=environ)
    assert not fake_engine.root.exists()
    assert not remove("0.5.23", environ=environ)


def test_lock_is_complete_and_exact() -> None:
    names = [one.pin for one in environment.requirements("0.5.23")]
    assert len(names) == 98
    assert all(name.count("==") == 1 for name in names)
    assert {"sglang==0.5.23", "torch==2.13.0+cpu"} <= set(names)
    assert not any(name.startswith(("triton", "vllm", "nvidia")) for name in names)
