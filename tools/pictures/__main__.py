"""``python -m tools.pictures``: draw what README and site show; ``--check`` says what is stale."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tools.pictures.draw import drawn, said

FOLDER = Path("docs/pictures")
PROFILE = Path("profiles/b200-fp8-eagle.yaml")
CHANGE = ("  num_steps: 3", "  num_steps: 4")
"""What the pictured pull request changes."""


def main(words: list[str]) -> int:
    """Draw, or compare; 1 where a picture is not what the command line says today."""
    if words not in ([], ["--check"]):
        print("usage: python -m tools.pictures [--check]", file=sys.stderr)
        return 2
    stale = 0
    for name, text in pictures().items():
        file = FOLDER / name
        if not words:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.is_file() or file.read_text(encoding="utf-8") != text:
            print(f"{file} is not fresh: `make generated` draws it", file=sys.stderr)
            stale = 1
    return stale


def pictures() -> dict[str, str]:
    """Give each picture by its name."""
    with tempfile.TemporaryDirectory(prefix="deployer-pictures-") as folder:
        state = Path(folder)
        plan = said(["plan", "--offline", str(PROFILE)], state)
        changed = state / PROFILE.name
        shutil.copyfile(PROFILE, changed)
        changed.write_text(PROFILE.read_text(encoding="utf-8").replace(*CHANGE), encoding="utf-8")
        review = said(["diff", str(PROFILE), str(changed)], state)
        review = review.replace(str(changed), "num-steps-4.yaml")
    return {"plan.svg": drawn(plan, "deployer plan"), "diff.svg": drawn(review, "deployer diff")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
