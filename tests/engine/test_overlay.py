"""Overlays: another release's wheel beside the installed environment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deployer.engine import overlay
from deployer.engine.environment import EngineEnvironment
from deployer.engine.locked import Locked, overlay_lock, read_lock
from deployer.engine.overlay import (
    Interpreter,
    find_interpreter,
    install_overlay,
    installed_overlays,
    is_overlay,
    overlay_root,
    remove_overlay,
)
from deployer.errors import Failure, UsageError
from deployer.facts.sglang.catalogue import releases

from .stand_ins import Said

OLD = "0.5.10.post1"


@dataclass
class Pip:
    """Stands for pip: unpacks a wheel of ``version``, or fails after half of it."""

    version: str = OLD
    fails: bool = False
    commands: list[list[str]] = field(default_factory=list)
    locks: list[Locked] = field(default_factory=list)

    def __call__(
        self,
        command: Sequence[str],
        *,
        doing: str,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> None:
        del env, on_line
        self.commands.append(list(command))
        if "--requirement" in command:
            self.locks += read_lock(Path(command[command.index("--requirement") + 1]))
        target = Path(command[command.index("--target") + 1])
        (target / "sglang").mkdir(parents=True)
        if self.fails:
            message = f"{doing} failed"
            raise Failure(message)
        (target / f"sglang-{self.version}.dist-info").mkdir()
        (target / f"sglang-{self.version}.dist-info" / "METADATA").write_text("Name: sglang\n")


def test_only_releases_without_a_lock_are_overlays() -> None:
    assert is_overlay(OLD)
    assert not is_overlay("0.5.23")
    with pytest.raises(UsageError, match=r"SGLang 0\.4\.1 is not known here") as caught:
        is_overlay("0.4.1")
    assert OLD in caught.value.hint


def test_nothing_installed(environ: dict[str, str]) -> None:
    with pytest.raises(Failure, match=r"0\.5\.23 is not installed here") as caught:
        find_interpreter("0.5.23", environ=environ)
    assert caught.value.hint == "Run `deployer engine install 0.5.23`"


def test_the_environment_itself(fake_engine: EngineEnvironment, environ: dict[str, str]) -> None:
    found = find_interpreter("0.5.23", environ=environ)
    assert found == Interpreter("0.5.23", fake_engine.python, None)


def test_another_release_is_named_with_both_ways_out(
    fake_engine: EngineEnvironment, environ: dict[str, str]
) -> None:
    assert fake_engine.root.exists()
    with pytest.raises(Failure, match=r"0\.5\.10\.post1 is not installed") as caught:
        find_interpreter(OLD, environ=environ)
    assert "`deployer engine install 0.5.10.post1`" in caught.value.hint
    assert "`--engine 0.5.23`" in caught.value.hint


def test_install_find_and_remove(
    fake_engine: EngineEnvironment, environ: dict[str, str], said: Said
) -> None:
    pip = Pip()
    root = install_overlay(OLD, progress=said, environ=environ, run=pip)
    assert root == overlay_root(OLD, environ)
    (command,) = pip.commands
    assert command[0] == str(fake_engine.python)
    assert {"--require-hashes", "--only-binary"} <= set(command)
    assert pip.locks == [overlay_lock(OLD)]
    assert "--no-deps" in command
    assert find_interpreter(OLD, environ=environ) == Interpreter(OLD, fake_engine.python, root)
    assert installed_overlays(environ) == {OLD: root}
    install_overlay(OLD, progress=said, environ=environ, run=pip)
    assert len(pip.commands) == 1
    assert remove_overlay(OLD, environ=environ)
    assert not remove_overlay(OLD, environ=environ)
    assert installed_overlays(environ) == {}


@pytest.mark.usefixtures("fake_engine")
def test_a_release_without_a_hash_is_taken_as_a_wheel_and_that_is_said(
    environ: dict[str, str], said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "overlay_lock", lambda _version: None)
    pip = Pip()

    install_overlay(OLD, progress=said, environ=environ, run=pip)

    assert pip.commands[0][-3:] == ["--only-binary", ":all:", f"sglang=={OLD}"]
    assert "No hash of SGLang 0.5.10.post1 is known here: taken as the index has it" in said.texts


@pytest.mark.parametrize("version", releases())
def test_every_release_with_a_catalogue_has_a_hash(version: str) -> None:
    locked = overlay_lock(version)

    assert locked is not None
    assert len(locked.hashes) in {1, 3}


@pytest.mark.usefixtures("fake_engine")
def test_a_failed_installation_leaves_nothing(environ: dict[str, str], said: Said) -> None:
    with pytest.raises(Failure, match=r"installing SGLang 0\.5\.10\.post1 failed"):
        install_overlay(OLD, progress=said, environ=environ, run=Pip(fails=True))
    left = [path.name for path in overlay_root(OLD, environ).parent.glob("*overlay*")]
    assert [name for name in left if not name.endswith(".lock")] == []


@pytest.mark.usefixtures("fake_engine")
def test_a_wheel_of_another_release_is_refused(environ: dict[str, str], said: Said) -> None:
    with pytest.raises(Failure, match="something else than SGLang"):
        install_overlay(OLD, progress=said, environ=environ, run=Pip(version="0.5.11"))
    assert not overlay_root(OLD, environ).exists()
