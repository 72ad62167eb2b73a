"""The folder `compiled/` beside profiles: what is committed of each, and where."""

from __future__ import annotations

from pathlib import Path

from deployer.cli.layers import environment
from deployer.cli.links import followed
from deployer.cli.say import tell
from deployer.cli.writing import write_file
from deployer.errors import Failure
from deployer.visible import visible

FOLDER = "compiled"
FLAGS = ".flags"
LOCK = ".lock.json"
EVIDENCE = ".evidence.json"


def beside(profile: str, ending: str, inside: str | None = None) -> Path:
    """Give the place of what is committed of a profile: ``compiled/NAME`` and an ending.

    In an environment, None for the one that the verb was asked for, it is
    ``compiled/NAME.ENVIRONMENT``.
    """
    inside = environment() if inside is None else inside
    inside = f".{inside}" if inside else ""
    return Path(profile).parent / FOLDER / f"{Path(profile).stem}{inside}{ending}"


def profile_of(path: str) -> str:
    """Give the profile of a file in `compiled/`, and any other path as it is.

    A hook that watches both is called with whichever was changed.
    """
    given = Path(path)
    ending = next((one for one in (FLAGS, LOCK, EVIDENCE) if given.name.endswith(one)), "")
    if not ending or given.parent.name != FOLDER:
        return path
    folder, stem = given.parent.parent, given.name.removesuffix(ending)
    inside = f".{environment()}" if environment() else ""
    stem = stem.removesuffix(inside)
    found = [folder / f"{stem}{one}" for one in (".yaml", ".yml")]
    return str(next((one for one in found if one.exists()), found[0]))


def write_beside(target: Path, text: str) -> None:
    """Write such a file, and make the folder. Raises Failure where it cannot."""
    followed(str(target), within=target.parent.parent)
    try:
        target.parent.mkdir(exist_ok=True)
    except OSError as error:
        msg = f"{target.parent} could not be made: {error.strerror or error}"
        raise Failure(msg) from error
    write_file(str(target), text)
    tell(f"wrote {visible(str(target))}")
