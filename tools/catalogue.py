"""``python -m tools.catalogue 0.5.24``: add or renew a catalogue that is shipped.

Every catalogue in the folder is linked anew afterwards, because a new release may be the one that
removed an option. ``--check`` writes nothing: it says whether the files are what the wheels give.

``--past`` does the same for ``past.json``: what went before the first catalogue, made of the wheels
of the releases that it names (or of VERSIONs, which then are all of them).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deployer.catalogue import files
from deployer.catalogue.cache import NoAnswerError, NoSuchReleaseError, wheel_path
from deployer.catalogue.generate import generate
from deployer.catalogue.link import link
from deployer.catalogue.past import past, read
from deployer.catalogue.values import CannotEvaluateError
from deployer.facts.sglang.versions import release_key


def main() -> int:
    """Give the exit code: 0 done, 1 stale or unreadable, 2 wrong words."""
    arguments = _arguments()
    try:
        for version in arguments.versions:
            release_key(version)
        known = files.read(arguments.folder)
        if arguments.past:
            texts = _past(arguments.folder, arguments.versions, known)
            return (
                _compare(arguments.folder, texts)
                if arguments.check
                else _write(arguments.folder, texts)
            )
        wanted = arguments.versions or (known if arguments.check else ())
        wheels = [*arguments.wheel, *(wheel_path(version) for version in wanted)]
        made = [_made(wheel) for wheel in wheels]
        texts = _linked(known | {it["version"]: it for it in made})
    except (
        NoAnswerError,
        NoSuchReleaseError,
        CannotEvaluateError,
        LookupError,
        ValueError,
        OSError,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return _compare(arguments.folder, texts) if arguments.check else _write(arguments.folder, texts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.catalogue", description=__doc__)
    parser.add_argument("versions", nargs="*", metavar="VERSION", help="a release, as 0.5.23")
    parser.add_argument(
        "--wheel", type=Path, action="append", default=[], help="a wheel on this machine"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    parser.add_argument("--past", action="store_true", help="what went before the catalogues")
    parser.add_argument("--folder", type=Path, default=files.FOLDER, help="where catalogues lie")
    return parser.parse_args()


def _made(wheel: Path) -> dict[str, Any]:
    try:
        return generate(wheel)
    except CannotEvaluateError as error:
        msg = f"{wheel.name} cannot be read: {error}"
        raise CannotEvaluateError(msg) from error


def _linked(catalogues: dict[str, dict[str, Any]]) -> dict[str, str]:
    history = link(catalogues)
    return files.texts(catalogues, history)


def _past(
    folder: Path, versions: Sequence[str], known: dict[str, dict[str, Any]]
) -> dict[str, str]:
    first = known[min(known, key=release_key)]
    named = versions or json.loads((folder / files.PAST).read_text("utf-8"))["releases"]
    wheels = (wheel_path(version) for version in named if version != first["version"])
    return {files.PAST: files.past_text(past([read(wheel) for wheel in wheels], first))}


def _write(folder: Path, texts: dict[str, str]) -> int:
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"wrote {name}")
    return 0


def _compare(folder: Path, texts: dict[str, str]) -> int:
    stale = [
        name
        for name, text in texts.items()
        if not (folder / name).exists() or (folder / name).read_text("utf-8") != text
    ]
    for name in stale:
        print(f"{name} is stale: run `python -m tools.catalogue VERSION`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
