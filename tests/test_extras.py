"""What is said where a package that a verb needs was never installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator

import pytest

from deployer import extras
from deployer.cli import main as there
from deployer.errors import Failure

Main = Callable[[list[str]], int]

TINY = "profiles/cpu-tiny.yaml"
LARGE = "profiles/b200-fp8-eagle.yaml"


class Absent:
    """Finds what is there, but for some packages."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(name=name)


ROOMS = ("deployer.apply.", "deployer.verify.", "deployer.cli.")


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Main]]:
    """Give the command line of a process in which some packages had never been installed."""
    before = dict(sys.modules)

    def made(*names: str) -> Main:
        for module in list(sys.modules):
            if module.partition(".")[0] in names or module.startswith(ROOMS):
                del sys.modules[module]
        monkeypatch.setattr(extras, "find_spec", lambda name: None if name in names else object())
        monkeypatch.setattr(sys, "meta_path", [Absent(*names), *sys.meta_path])
        main: Main = importlib.import_module("deployer.cli.main").main
        return main

    yield made
    for module in list(sys.modules):
        if module not in before:
            del sys.modules[module]
    sys.modules.update(before)
    # Whoever names a module by its path gets it from the package that holds it.
    for module, was in before.items():
        holder, _, name = module.rpartition(".")
        if holder.startswith("deployer") and hasattr(before[holder], name):
            setattr(before[holder], name, was)


@pytest.mark.parametrize(
    ("package", "extra", "words"),
    [
        ("aiohttp", "local", ["apply", "--yes", TINY]),
        ("openai", "verify", ["apply", "--yes", TINY]),
        ("openai", "verify", ["verify", "--url", "http://127.0.0.1:9"]),
        ("modal", "modal", ["apply", "--yes", LARGE]),
        ("modal", "modal", ["plan", LARGE]),
        ("modal", "modal", ["status", "nowhere"]),
        ("modal", "modal", ["destroy", "nowhere", "--yes"]),
    ],
)
def test_the_package_is_named_with_how_it_gets_here(
    package: str,
    extra: str,
    words: list[str],
    without: Callable[..., Main],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("API_KEY", "k" * 40)
    monkeypatch.setenv("MODAL_TOKEN_ID", "ak-made-up")
    monkeypatch.setenv("MODAL_TOKEN_SECRET", "as-made-up")

    code = without(package)(words)

    told = capsys.readouterr().err
    assert code == 1
    assert f"the package `{package}` is not installed" in told
    assert f"`pip install '.[{extra}]'` in a checkout of deployer brings it" in told
    assert "Traceback" not in told


def test_checking_and_comparing_takes_none_of_them(
    without: Callable[..., Main], capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = without(*extras.EXTRAS)

    for words in (["check", LARGE], ["compile", TINY], ["fit", LARGE], ["diff", LARGE, LARGE]):
        assert fresh(words) == 0, capsys.readouterr().err
    assert fresh(["plan", "--offline", LARGE]) == 0


def test_and_afterwards_a_path_leads_to_the_module_that_was_there() -> None:
    ours = {name.rpartition("."): it for name, it in sys.modules.items() if name.startswith(ROOMS)}
    led = {whole: getattr(sys.modules[whole[0]], whole[2]) for whole in ours}
    assert ours["deployer.cli", ".", "main"] is there
    assert led == ours


def test_a_module_that_is_missing_otherwise_is_a_fault_of_ours() -> None:
    assert extras.absent(ModuleNotFoundError(name="deployer.nowhere")) is None
    assert extras.absent(ModuleNotFoundError(name="modal.nowhere")) is None  # modal is here
    with pytest.raises(ModuleNotFoundError):
        __import__("deployer.nowhere")


def test_what_is_there_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    extras.need("modal", "openai")
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(Failure, match="`huggingface-hub` is not installed"):
        extras.need("huggingface_hub")
