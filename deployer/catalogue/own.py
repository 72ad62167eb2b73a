"""The user's own catalogues: releases that came out after this version of deployer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployer.catalogue import files
from deployer.catalogue.cache import NoAnswerError, NoSuchReleaseError, wheel_path
from deployer.catalogue.generate import generate
from deployer.catalogue.link import link
from deployer.catalogue.values import CannotEvaluateError
from deployer.errors import Failure, NotReached, UsageError
from deployer.facts.sglang import catalogue, history
from deployer.facts.sglang.versions import is_release
from deployer.files import is_there, write_whole

NEVER_PROVEN = (
    "it was read from the wheel's sources and not held against the release's real parser, as the "
    "shipped ones were"
)


@dataclass(frozen=True, slots=True)
class Added:
    """A catalogue that was written: its release, file and number of options."""

    version: str
    path: str
    options: int


def add(
    versions: Iterable[str],
    wheels: Iterable[Path] = (),
    tell: Callable[[str], None] = lambda _text: None,
) -> tuple[Added, ...]:
    """Read published wheels and write their catalogues into the user's folder.

    ``wheels`` are files on this machine, which need no package index. Raises UsageError for what
    is no release or is shipped, Failure where a wheel cannot be had or read; nothing is written
    then.
    """
    for version in versions:
        _refuse(version)
    made = {}
    for path in (*wheels, *(_wheel(version, tell) for version in versions)):
        tell(f"reading {path.name}")
        one = _generated(path)
        _refuse(one["version"])
        made[one["version"]] = one
    folder = catalogue.own_folder()
    every = {**files.read(catalogue.FOLDER), **_own(folder), **made}
    lives = link(every, strict=False)
    texts = files.texts({name: one for name, one in every.items() if not _shipped(name)}, lives)
    _write(folder, texts)
    return tuple(
        Added(name, str(folder / f"{name}.json"), len(one["options"])) for name, one in made.items()
    )


def remove(version: str) -> bool:
    """Delete one of the user's catalogues; false where there is none."""
    if _shipped(version):
        message = f"the catalogue of SGLang {version} is shipped with deployer, and stays"
        raise UsageError(message)
    folder = catalogue.own_folder()
    path = folder / f"{version}.json"
    if not is_release(version) or not is_there(path):
        return False
    _in_words(folder, path.unlink)
    # What it says of this release is past; the next `add` writes it anew.
    _in_words(folder, lambda: (folder / files.HISTORY).unlink(missing_ok=True))
    _forget()
    return True


def own() -> tuple[str, ...]:
    """Give the releases that only the user's folder has."""
    return tuple(name for name in catalogue.releases() if not _shipped(name))


def _refuse(version: str) -> None:
    if not is_release(version):
        message = f"`{version}` is not an SGLang release"
        raise UsageError(message, hint="Write it as 0.5.23 or 0.5.10.post1")
    if _shipped(version):
        message = f"SGLang {version} is known already: its catalogue is shipped with deployer"
        raise UsageError(message)


def _shipped(version: str) -> bool:
    return version in catalogue.shipped()


def _wheel(version: str, tell: Callable[[str], None]) -> Path:
    tell(f"looking for the wheel of SGLang {version} (5 to 40 MB)")
    try:
        return wheel_path(version)
    except NoAnswerError as error:
        hint = (
            "`pip config list` shows the index, and pip needs the network for it. `--wheel FILE` "
            "reads a wheel that is on this machine"
        )
        raise NotReached(str(error), hint=hint) from error
    except NoSuchReleaseError as error:
        hint = f"Is {version} published? `--wheel FILE` reads a wheel that is on this machine"
        raise Failure(str(error), hint=hint) from error
    except OSError as error:
        message = f"the wheel of SGLang {version} could not be kept: {error}"
        raise Failure(message, hint="DEPLOYER_WHEELS names another folder for wheels") from error


def _generated(path: Path) -> dict[str, Any]:
    try:
        return generate(path)
    except CannotEvaluateError as error:
        message = f"{path.name} declares its options in a way that is new to deployer: {error}"
        hint = "A newer version of deployer may read it. Until then this release stays unchecked"
        raise Failure(message, hint=hint) from error
    except Exception as error:  # a zip of anybody's can be wrong in any way
        message = f"{path} is not a wheel of SGLang that can be read: {error}"
        raise Failure(message) from error


def _own(folder: Path) -> dict[str, dict[str, Any]]:
    """Read the user's other catalogues; one that is broken is left to be added again."""
    try:
        return {k: v for k, v in files.read(folder).items() if not _shipped(k)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"a catalogue in {folder} cannot be read: {error}"
        raise Failure(message, hint="Remove that file, and add its release again") from error


def _write(folder: Path, texts: dict[str, str]) -> None:
    def write() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_whole(folder / name, text)

    _in_words(folder, write)
    _forget()


def _in_words(folder: Path, act: Callable[[], object]) -> None:
    try:
        act()
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror or error}"
        raise Failure(message, hint="DEPLOYER_CATALOGUES names another folder") from error


def _forget() -> None:
    """Let this process read anew what is known."""
    catalogue.releases.cache_clear()
    catalogue.load.cache_clear()
    history.forget()
