"""How much a check does, counted: in modules, compilations and calls, and never in seconds."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from deployer.cli.main import main
from tests.repository import commit, git

ROOT = Path(__file__).parents[2]
PROFILE = ROOT / "profiles" / "b200-fp8-eagle.yaml"
OTHER = PROFILE.with_name("b200-no-spec.yaml")

SLOW = {
    "argparse", "difflib", "html", "huggingface_hub", "jinja2", "modal",
    "openai", "requests", "rich",
}  # fmt: skip
"""What is slow to import and not needed to check a profile that nothing is wrong with."""

MOST_MODULES = 190
"""Modules of deployer's own that a check may import beside the checks: there are 182."""


def imported(*commands: Sequence[str]) -> list[set[str]]:
    """Give what one process has imported after each command."""
    code = (
        f"import sys\nfrom deployer.cli.main import main\nfor words in {commands!r}:\n"
        "    main(list(words))\n    print(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return [set(line.split()) for line in done.stderr.splitlines()]


def test_a_command_imports_what_it_needs() -> None:
    found, more = imported(("check", str(PROFILE)), ("diff", str(PROFILE), str(OTHER)))
    own = {name for name in found if name.startswith("deployer.")}
    checks = {name for name in own if name.startswith("deployer.check.checks")}

    assert found & SLOW <= {"argparse"}  # what reads a command as the release does
    assert len(own - checks) <= MOST_MODULES
    assert "deployer.plan.review" in more
    assert "deployer.measure" not in more  # neither profile has an evidence


class Counting:
    """Counts the functions that are called, by module and name."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        self.all = 0

    def __call__(self, frame: object, event: str, _argument: object) -> None:
        self.all += 1
        if event == "call":
            code = getattr(frame, "f_code")  # noqa: B009 - of a frame
            self.calls[(Path(code.co_filename).name, code.co_name)] += 1


def counted(*words: str) -> Counting:
    found = Counting()
    before = sys.getprofile()
    sys.setprofile(found)
    try:
        assert main(list(words)) == 0
    finally:
        sys.setprofile(before)
    return found


def copies(folder: Path, many: int) -> list[str]:
    """Write profiles that share nothing, nor anything of a repository."""
    text = PROFILE.read_text(encoding="utf-8")
    folder.mkdir()
    found = []
    for number in range(many):
        path = folder / f"p{number}.yaml"
        own = text.replace("b200-fp8-eagle", f"p{number}").replace("glm51", f"glm51-{number}")
        path.write_text(own, encoding="utf-8")
        found.append(str(path))
    return found


def test_a_profile_is_compiled_once(capsys: pytest.CaptureFixture[str]) -> None:
    found = counted("check", str(PROFILE)).calls

    assert found[("release.py", "compile_profile")] == 1
    assert found[("arguments.py", "arguments")] == 1
    assert found[("case.py", "resolved")] == 1
    assert found[("load.py", "load_profile")] == 1
    assert "fine" in capsys.readouterr().out


def test_a_thousand_profiles_take_as_long_as_they_are_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten times as many are ten times the work: each is read once, for all that stand beside it."""
    few, many = copies(tmp_path / "few", 2), copies(tmp_path / "many", 20)
    counted("check", *few)  # what is made once
    short, long = counted("check", *few), counted("check", *many)

    assert long.all < 10.5 * short.all
    read = {("identity.py", "identity"), ("load.py", "load_profile")}
    assert [long.calls[each] for each in sorted(read)] == [20, 20]
    capsys.readouterr()


@pytest.mark.process
def test_git_is_asked_each_thing_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """However often a comparison looks at a side: a process of git takes as long as a profile."""
    copies(tmp_path / "repository", 3)
    monkeypatch.chdir(tmp_path / "repository")
    git(Path(), "init", "--quiet", "--initial-branch=main")
    commit(Path())
    (Path() / "p1.yaml").write_text("# the same, with a remark\n" + Path("p1.yaml").read_text())
    found = counted("diff", "--base", "HEAD").calls

    assert found[("git.py", "grep")] == 2  # in the commit, and in the working tree
    assert found[("git.py", "listed")] == found[("git.py", "blobs")] == 1
    assert found[("git.py", "text")] == 3
    capsys.readouterr()
