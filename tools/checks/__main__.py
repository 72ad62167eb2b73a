"""Write the pages under ``docs/`` that are generated, or say which are stale."""

from __future__ import annotations

import sys
from pathlib import Path

from deployer.check.pages import pages
from deployer.diagnose.catalogue import SIGNATURES
from deployer.report.diagnosis import page as failures
from deployer.report.pages import index, markdown
from tools.observability.alerts import alerts
from tools.observability.dashboard import dashboard
from tools.observability.page import page as observability
from tools.reference.profile import page as profile_keys
from tools.reference.verbs import page as verbs

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "checks"


def main(arguments: list[str]) -> int:
    """Write the pages; with ``--check`` compare, and exit 1 where one is not fresh."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.checks [--check]", file=sys.stderr)
        return 2
    wanted, single = texts(), singles()
    if arguments:
        stale = [f"checks/{name}" for name in differing(FOLDER, wanted)]
        stale += [name for name, text in single.items() if _read(DOCS / name) != text]
        for name in stale:
            print(f"docs/{name} is not fresh: `make generated` writes it", file=sys.stderr)
        return int(bool(stale))
    write(FOLDER, wanted)
    for name, text in single.items():
        (DOCS / name).parent.mkdir(exist_ok=True)
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


def singles() -> dict[str, str]:
    """Give the text of every other file by its place below ``docs/``."""
    return {
        "failures.md": failures(SIGNATURES),
        "observability/README.md": observability(),
        "observability/alerts.yaml": alerts(),
        "observability/dashboard.json": dashboard(),
        "reference/profile.md": profile_keys(),
        "reference/cli.md": verbs(),
    }


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def texts() -> dict[str, str]:
    """Give the text of every page by its file's name."""
    found = pages()
    return {"index.md": index(found), **{f"{page.name}.md": markdown(page) for page in found}}


def differing(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Give the names of the files that are missing, out of date, or of no check."""
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in {*there, *wanted} if there.get(name) != wanted.get(name))


def write(folder: Path, wanted: dict[str, str]) -> None:
    """Write what differs, and remove the pages of checks that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in differing(folder, wanted):
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
