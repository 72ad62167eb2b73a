"""The script inside the engine, with a small engine in SGLang's place: three layouts of it."""

import argparse
import dataclasses
import logging
import os
import sys
import warnings
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from deployer.engine.pretend import machine
from deployer.engine.pretend.resolution import resolve


@dataclasses.dataclass
class Args:
    """As in 0.5.10: a dataclass whose constructor resolves."""

    model_path: str = ""
    tp_size: int = 1
    page_size: int | None = None
    kv_cache_dtype: str = "auto"
    devices: list[int] = dataclasses.field(default_factory=list)
    _book: str = "kept"

    def __post_init__(self) -> None:
        """Resolve."""
        logger = logging.getLogger("sglang.srt.server_args")
        if self.kv_cache_dtype == "bad":
            message = "DSA takes bfloat16 or fp8_e4m3"
            raise ValueError(message)
        if self.kv_cache_dtype == "missing":
            message = "config.json"
            raise FileNotFoundError(message)
        self.page_size = self.page_size or 64
        logger.info("not worth a word")
        logger.warning("\x1b[1;33mSetting page size to %d.\x1b[0m", self.page_size)
        logger.warning("Setting page size to %d.", self.page_size)
        logger.error("an error that it can live with")
        warnings.warn("this will go away", FutureWarning, stacklevel=1)
        os.environ["PRETEND_TEST_VARIABLE"] = "1"

    @staticmethod
    def add_cli_args(parser: argparse.ArgumentParser) -> None:
        """Declare the options, --tp-size under another destination."""
        parser.add_argument("--model-path")
        parser.add_argument("--tensor-parallel-size", "--tp-size", type=int, default=1)
        parser.add_argument("--page-size", type=int)
        parser.add_argument("--kv-dtype", dest="kv_cache_dtype", default=argparse.SUPPRESS)
        parser.add_argument("--kv-cache-dtype", default="auto")

    def check_server_args(self) -> None:
        """Find nothing."""


def _prepare(arguments: list[str]) -> Args:
    parser = argparse.ArgumentParser()
    Args.add_cli_args(parser)
    given = parser.parse_args(arguments)
    return Args(given.model_path, given.tensor_parallel_size, given.page_size, given.kv_cache_dtype)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("PRETEND_TEST_VARIABLE", raising=False)
    yield SimpleNamespace(ServerArgs=Args, prepare_server_args=_prepare)
    logging.getLogger("sglang").setLevel(logging.NOTSET)


def test_resolved(engine: Any) -> None:
    answer = resolve(engine, ["--model-path", "/m", "--tp-size=8"])
    assert answer["outcome"] == "resolved"
    values = {value.pop("field"): value for value in answer["values"]}
    assert list(values) == ["model_path", "tp_size", "page_size", "kv_cache_dtype", "devices"]
    assert values["tp_size"] == {
        "flag": "--tensor-parallel-size",
        "default": 1,
        "given": True,
        "stated": 8,
        "resolved": 8,
        "rule": "",
    }
    assert values["page_size"] == {
        "flag": "--page-size",
        "default": None,
        "given": False,
        "stated": None,
        "resolved": 64,
        "rule": "",
    }
    assert values["kv_cache_dtype"]["flag"] == "--kv-cache-dtype"
    assert values["devices"]["flag"] == ""
    assert answer["variables"] == {"PRETEND_TEST_VARIABLE": "1"}


def test_its_words_once_each_and_without_colour(engine: Any) -> None:
    assert resolve(engine, [])["said"] == [
        {"level": "warning", "text": "Setting page size to 64."},
        {"level": "error", "text": "an error that it can live with"},
        {"level": "warning", "text": "this will go away"},
    ]
    assert logging.getLogger("sglang").handlers == []


def test_refused_by_the_parser(engine: Any) -> None:
    answer = resolve(engine, ["--page-size", "many"])
    assert (answer["outcome"], answer["where"]) == ("refused", "the parser")
    assert answer["message"] == "argument --page-size: invalid int value: 'many'"
    assert answer["values"] == []


def test_an_error_of_sglang_is_a_refusal(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    code = compile(
        "def prepare(arguments):\n    raise ValueError('topk is one')\n",
        "/engine/lib/sglang/srt/arg_groups/speculative_hook.py",
        "exec",
    )
    space: dict[str, Any] = {}
    exec(code, space)  # noqa: S102 - gives the function the place that it would have at home
    monkeypatch.setattr(engine, "prepare_server_args", space["prepare"])
    answer = resolve(engine, [])
    assert (answer["outcome"], answer["message"]) == ("refused", "topk is one")
    assert answer["where"] == "sglang/srt/arg_groups/speculative_hook.py:2"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("bad", "ValueError: DSA takes bfloat16 or fp8_e4m3"),
        ("missing", "FileNotFoundError: config.json"),
    ],
)
def test_an_error_of_anything_else_is_none(engine: Any, value: str, message: str) -> None:
    answer = resolve(engine, ["--kv-cache-dtype", value])
    assert (answer["outcome"], answer["message"]) == ("broken", message)
    assert answer["where"].startswith("test_pretend.py:")


class Later:
    """As in 0.5.23: raw input, then ``resolve_once``, with a book of who decided what."""

    def __init__(self) -> None:
        self._resolved_overrides: list[tuple[str, dict[str, Any]]] = []

    @staticmethod
    def add_cli_args(parser: argparse.ArgumentParser) -> None:
        """Declare one option."""
        parser.add_argument("--page-size", type=int)

    def resolve_once(self) -> None:
        """Decide twice."""
        self._resolved_overrides += [("first", {"page_size": 1}), ("second", {"page_size": 64})]

    def check_server_args(self) -> None:
        """Find nothing."""

    def resolved_dict(self) -> dict[str, Any]:
        """Give what is in the book."""
        return {"page_size": self._resolved_overrides[-1][1]["page_size"]}


def test_the_rule_that_decided_last(monkeypatch: pytest.MonkeyPatch) -> None:
    structs = SimpleNamespace(fields=lambda _record: ())
    monkeypatch.setitem(sys.modules, "msgspec.structs", structs)
    later = SimpleNamespace(ServerArgs=Later, prepare_server_args=lambda _arguments: Later())
    (value,) = resolve(later, [])["values"]
    assert (value["resolved"], value["rule"]) == (64, "second")


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put empty modules in the place of torch and SGLang."""
    here, modules = object(), {name: ModuleType(name) for name in _MODULES}
    fake: Any = modules["torch"]
    fake.cuda, fake.version = SimpleNamespace(is_available=lambda: False), SimpleNamespace()
    common: Any = modules["sglang.srt.utils.common"]
    common.is_cuda = SimpleNamespace(cache_clear=lambda: setattr(common, "cleared", True))
    platforms: Any = modules["sglang.srt.platforms"]
    platforms.current_platform, platforms.CudaSRTPlatform = here, lambda: "cuda"
    user: Any = modules["sglang.srt.arg_groups.speculative_hook"]
    user.current_platform, user._is_cuda = here, False
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    return fake


_MODULES = (
    "torch",
    "sglang",
    "sglang.srt",
    "sglang.srt.utils",
    "sglang.srt.utils.common",
    "sglang.srt.platforms",
    "sglang.srt.arg_groups.speculative_hook",
)


def test_a_machine_with_gpus(torch: Any) -> None:
    machine.pretend({"name": "NVIDIA B200", "memory": 183_359, "capability": [10, 0]}, 8)
    cuda = torch.cuda
    assert (cuda.is_available(), cuda.device_count()) == (True, 8)
    assert cuda.get_device_capability(3) == (10, 0)
    assert cuda.get_device_properties(0).total_memory == 183_359 * 1024**2
    assert torch.version.cuda == "13.0"
    common: Any = sys.modules["sglang.srt.utils.common"]
    assert common.cleared
    assert common.get_nvgpu_memory_capacity() == 183_359.0
    hook: Any = sys.modules["sglang.srt.arg_groups.speculative_hook"]
    assert (hook.current_platform, hook._is_cuda) == ("cuda", True)


def test_a_release_without_platforms(torch: Any) -> None:
    platforms: Any = sys.modules["sglang.srt.platforms"]
    del platforms.CudaSRTPlatform
    machine.pretend({"name": "NVIDIA H200", "memory": 143_771, "capability": [9, 0]}, 8)
    assert torch.cuda.get_device_name() == "NVIDIA H200"


@pytest.mark.usefixtures("torch")
def test_a_pretended_package_is_found_and_cannot_be_used() -> None:
    import importlib.util  # noqa: PLC0415 - as SGLang asks

    assert importlib.util.find_spec("flashinfer") is None
    machine.pretend({"name": "NVIDIA B200", "memory": 1, "capability": [10, 0]}, 1)
    assert importlib.util.find_spec("flashinfer") is not None
    with pytest.raises(ImportError, match="only pretended"):
        importlib.import_module("flashinfer")
