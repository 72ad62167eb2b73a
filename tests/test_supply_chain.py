"""What is installed, built and released comes from files whose hashes are known."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from tools.action import install
from tools.audit import audit
from tools.audit import main as audit_main
from tools.locks.__main__ import LOCKS

ROOT = Path(__file__).resolve().parents[1]
PIN = re.compile(r"[A-Za-z0-9][\w.-]*==[^\s;\\]+(?: ; [^\\]+)?")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted([*ROOT.glob("action.yml"), *ROOT.glob("*/action.yml")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def entries(lock: Path) -> dict[str, list[str]]:
    """Give each pin of a lock, with its hashes; every line must be one or the other."""
    text = re.sub(r"^#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: dict[str, list[str]] = {}
    for line in filter(None, text.replace("\\\n", "\0").splitlines()):
        pin, *hashes = (part.strip() for part in line.split("\0"))
        assert PIN.fullmatch(pin), f"{lock}: {pin}"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes), pin
        found[pin] = hashes
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_line_of_every_lock_is_a_pin_with_hashes(lock: object) -> None:
    found = entries(ROOT / lock.file)  # type: ignore[attr-defined]

    assert len(found) >= 7
    assert all(found.values())


def test_a_package_is_the_same_in_every_lock() -> None:
    seen: dict[str, list[str]] = {}
    for lock in LOCKS:
        for pin, hashes in entries(ROOT / lock.file).items():
            name = pin.split("==", maxsplit=1)[0]
            assert seen.setdefault(name, [pin.split()[0], *hashes]) == [pin.split()[0], *hashes]
    assert len(seen) > 100


def test_what_the_project_asks_for_is_locked() -> None:
    names = {pin.split("==")[0] for pin in entries(ROOT / "locks" / "run.txt")}
    asked = {re.split(r"[<>=\[]", one)[0] for one in PROJECT["project"]["dependencies"]}

    assert asked
    assert asked <= names
    extras = PROJECT["project"]["optional-dependencies"]
    for extra in ("dev", "predict"):
        pins = {pin.split()[0].lower() for pin in entries(ROOT / "locks" / f"{extra}.txt")}
        assert {one.lower() for one in extras[extra] if "==" in one} <= pins


def test_the_build_is_pinned_and_the_same_everywhere() -> None:
    (backend,) = PROJECT["build-system"]["requires"]
    pins = {pin.split()[0] for pin in entries(ROOT / "locks" / "build.txt")}

    assert re.fullmatch(r"hatchling==[\d.]+", backend)
    assert backend in PROJECT["dependency-groups"]["build"]
    assert backend in pins


def commands(text: str) -> list[str]:
    """Give the commands that have pip install something, one a line."""
    joined = text.replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if re.search(r"\bpip\b.* install ", line)]


def expanded(makefile: str) -> str:
    """Put the values of a Makefile's variables where they are used."""
    values = dict(re.findall(r"^(\w+) :?\??= (.*)$", makefile, re.MULTILINE))
    for _ in range(4):
        makefile = re.sub(r"\$\((\w+)\)", lambda m: values.get(m[1], m[0]), makefile)
    return "\n".join(line for line in makefile.splitlines() if line.startswith("\t"))


def is_verified(command: str) -> bool:
    """Whether a command takes files of known hashes, or nothing from anywhere but the checkout."""
    hashes = "--require-hashes" in command and "--only-binary :all:" in command
    ours = all(word in command for word in ("--no-deps", "--no-index", "--no-build-isolation"))
    return hashes or ours


def test_everything_that_make_installs_is_verified() -> None:
    found = commands(expanded((ROOT / "Makefile").read_text(encoding="utf-8")))

    assert len(found) == 4
    assert [one for one in found if not is_verified(one)] == []


def test_everything_that_the_action_installs_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def run(_environ: object, *words: str) -> int:
        ran.append(" ".join(words))
        return 0

    monkeypatch.setattr(install, "_run", run)

    assert install.fill({"RUNNER_TEMP": str(tmp_path)}) == 0
    assert len(ran) == 2
    assert [one for one in ran if not is_verified(one)] == []
    assert ran[0].count("/locks/") == 2


def test_nothing_else_in_the_tools_has_pip_install_something_unverified() -> None:
    texts = {file: file.read_text("utf-8") for file in (ROOT / "tools").rglob("*.py")}
    asking = {file.name for file, text in texts.items() if '"pip"' in text and '"install"' in text}

    assert asking == {"install.py", "interpreters.py"}
    assert all("--require-hashes" in t for f, t in texts.items() if f.name in asking)


@pytest.mark.parametrize(
    "file", [*ACTIONS, *WORKFLOWS], ids=lambda file: file.parent.name + file.name
)
def test_everything_that_ci_installs_is_verified(file: Path) -> None:
    found = commands(file.read_text(encoding="utf-8"))

    assert found or "pip install" not in file.read_text(encoding="utf-8")
    assert [one for one in found if not is_verified(one)] == []


@pytest.mark.parametrize(
    ("command", "verified"),
    [
        ("pip install x", False),
        ("pip install --require-hashes -r locks/run.txt", False),
        ("pip install --require-hashes --only-binary :all: -r locks/run.txt", True),
        ("pip install --no-deps --no-build-isolation .", False),
        ("pip install --no-deps --no-index --no-build-isolation .", True),
    ],
)
def test_what_counts_as_verified(command: str, *, verified: bool) -> None:
    assert is_verified(command) is verified


@pytest.mark.parametrize("file", [*ACTIONS, *WORKFLOWS], ids=lambda file: file.name)
def test_every_action_is_pinned_by_commit(file: Path) -> None:
    uses = re.findall(r"^\s*-?\s*uses: (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    others = [one for one in uses if not one.startswith(("./", "$/"))]

    assert uses
    pinned = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v[\d.]+")
    assert [one for one in others if not pinned.fullmatch(one)] == []


def test_a_release_is_built_without_a_token_and_attached_without_running_anything() -> None:
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))

    assert release["permissions"] == {}
    build, attach = release["jobs"]["build"], release["jobs"]["attach"]
    assert build["permissions"] == {"contents": "read"}
    assert attach["permissions"].keys() == {"attestations", "contents", "id-token"}
    assert not any("checkout" in step.get("uses", "") for step in attach["steps"])
    assert any("attest-build-provenance" in step.get("uses", "") for step in attach["steps"])
    assert "make dist sbom" in [step.get("run") for step in build["steps"]]


def test_the_policy_says_how_to_report() -> None:
    policy = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

    assert "Report a vulnerability" in policy
    assert "Supported versions" in policy
    assert "in scope" in policy


@pytest.mark.process
def test_a_distribution_is_the_same_to_the_byte_each_time(tmp_path: Path) -> None:
    made = []
    for number in "12":
        subprocess.run(
            [sys.executable, "-I", "-m", "hatchling", "build", "-d", str(tmp_path / number)],
            cwd=ROOT,
            env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
            check=True,
            capture_output=True,
        )
        made.append({file.name: file.read_bytes() for file in (tmp_path / number).iterdir()})

    assert len(made[0]) == 2
    assert made[0] == made[1]


Found = list[dict[str, object]]


def answering(found: Found | None, error: str = "") -> object:
    def runner(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        out = "" if found is None else json.dumps({"dependencies": found, "fixes": []})
        return subprocess.CompletedProcess(list(command), 1, out, error)

    return runner


FINE: dict[str, object] = {"name": "a", "version": "1", "vulns": []}
SKIPPED: dict[str, object] = {"name": "a", "skip_reason": "Dependency not found on PyPI"}
FAULTY: dict[str, object] = {
    "name": "a",
    "version": "1",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}],
}


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([FINE], 0, "nothing is known of the 1 packages that were looked up"),
        ([FAULTY], 1, "a 1: PYSEC-1, fixed in 1.1"),
        ([SKIPPED], 2, "NOT LOOKED AT: 1 of 1 packages (Dependency not found on PyPI): a==1"),
        ([], 2, "NOT LOOKED AT: 1 of 1 packages"),
        (None, 2, "NOT LOOKED AT: 1 of 1 packages (no advisories: cannot connect)"),
    ],
)
def test_an_audit_says_what_was_not_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], found: Found | None, code: int, said: str
) -> None:
    lock = tmp_path / "x.txt"
    lock.write_text("# x\na==1 \\\n    --hash=sha256:00\n", encoding="utf-8")

    assert audit_main([lock], answering(found, "cannot connect\n")) == code  # type: ignore[arg-type]
    out = capsys.readouterr().out
    assert said in out
    assert ("nothing is known" in out) == (code == 0)


def test_an_empty_lock_is_not_a_clean_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.txt").write_text("# nothing\n", encoding="utf-8")

    assert audit_main([tmp_path / "x.txt"], answering([FINE])) == 2  # type: ignore[arg-type]
    assert "NOT LOOKED AT: 0 of 0" in capsys.readouterr().out


def test_a_fault_beside_a_package_that_nobody_knows_is_told_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "x.txt"
    lock.write_text("a==1\nb==2\n", encoding="utf-8")

    assert audit_main([lock], answering([FAULTY])) == 2  # type: ignore[arg-type]
    out = capsys.readouterr().out
    assert "PYSEC-1" in out
    assert "b==2" in out


def test_a_build_of_a_release_is_asked_for_as_that_release() -> None:
    asked = []

    def runner(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        asked.append(Path(command[-1]).read_text(encoding="utf-8"))
        return subprocess.CompletedProcess(list(command), 0, "{}", "")

    audit(["torch==2.13.0+cpu"], runner)
    assert asked == ["torch==2.13.0"]
