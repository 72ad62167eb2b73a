"""Links that others committed: none is followed out of the repository, none is written through."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from deployer.cli.links import LeadsAway, followed, open_ordinary, repository_of
from deployer.cli.main import main
from deployer.cli.writing import refuse_unwritable, write_file
from deployer.errors import DeployerError, Failure
from tests.verbs.circumstances import full_disk
from tests.warm import warm_python

pytestmark = pytest.mark.process

SECRET = "hf_canary_that_must_not_be_shown"
TINY = (Path(__file__).parents[2] / "profiles" / "cpu-tiny.yaml").read_text(encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one right profile, and secrets outside of it."""
    (tmp_path / "secrets").write_text(f"token: {SECRET}\n", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    made = tmp_path / "repository"
    (made / "profiles").mkdir(parents=True)
    (made / ".git").mkdir()
    (made / "profiles" / "tiny.yaml").write_text(TINY, encoding="utf-8")
    monkeypatch.chdir(made)
    return made


def link(path: Path, target: str) -> str:
    path.symlink_to(target)
    return str(path)


READING = [
    ["check", "--format", "json"], ["check", "--format", "github"], ["check"], ["compile"],
    ["compile", "--check"], ["compile", "--write"], ["fit"], ["cost"], ["upgrade"],
    ["upgrade", "--write"], ["diff", "profiles/tiny.yaml"], ["import", "--config"],
    ["import", "--file"], ["apply"], ["plan"], ["resolve"], ["predict"],
]  # fmt: skip


@pytest.fixture(scope="module")
def python() -> Iterator[str]:
    """An interpreter with a secret in its environment."""
    with warm_python(HF_TOKEN=SECRET) as warm:
        yield warm


def test_the_secret_is_there_to_be_shown(python: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("print(open('/proc/self/environ').read())", encoding="utf-8")

    ran = subprocess.run([python, "-I", str(script)], capture_output=True, text=True, check=True)

    assert f"HF_TOKEN={SECRET}" in ran.stdout


@pytest.mark.parametrize("verb", READING, ids=" ".join)
@pytest.mark.parametrize("target", ["/proc/self/environ", "../../secrets"])
def test_no_verb_shows_what_a_link_leads_to(
    verb: list[str], target: str, repository: Path, python: str
) -> None:
    link(repository / "profiles" / "env.yaml", target)
    before = sorted(path.name for path in repository.rglob("*"))

    ran = subprocess.run(
        [python, "-I", "-m", "deployer", *verb, "profiles/env.yaml"],
        cwd=repository,
        env={**os.environ, "HF_TOKEN": SECRET},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode in {1, 2}, ran.stderr
    assert "leads" in ran.stdout + ran.stderr
    assert SECRET not in ran.stdout + ran.stderr
    assert sorted(path.name for path in repository.rglob("*")) == before


def test_one_link_or_folder_does_not_stop_the_check_of_the_others(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link(repository / "profiles" / "env.yaml", "/proc/self/environ")
    (repository / "profiles" / "a\n::notice title=x::fine.yaml").mkdir()
    wrong = TINY.replace("port: 8000", "prot: 8000")
    (repository / "profiles" / "wrong.yaml").write_text(wrong, encoding="utf-8")
    names = sorted(str(path) for path in Path("profiles").iterdir())

    code = main(["check", "--format", "github", "--", *names])

    out = capsys.readouterr().out
    assert code == 1
    assert "::error file=profiles/wrong.yaml,line=" in out
    assert "::error file=profiles/env.yaml,title=unreadable-file::" in out
    assert sum("title=unreadable-file" in line for line in out.splitlines()) == 2
    assert not any(line.startswith("::notice title=x") for line in out.splitlines())


def test_where_nothing_was_looked_at_it_is_not_said_to_be_wrong(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link(repository / "profiles" / "env.yaml", "/proc/self/environ")

    assert main(["check", "profiles/env.yaml"]) == 2
    assert "error[unreadable-file]" in capsys.readouterr().out


def test_one_odd_profile_does_not_stop_the_others_from_being_fresh(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link(repository / "profiles" / "env.yaml", "/proc/self/environ")

    code = main(["compile", "--check", "profiles/env.yaml", "profiles/tiny.yaml"])

    told = capsys.readouterr()
    assert code == 2
    assert "profiles/env.yaml leads to /proc/" in told.err
    assert "profiles/compiled/tiny.flags does not exist yet" in told.err


@pytest.mark.parametrize("target", ["../../../elsewhere/keys", "../tiny.yaml", "/dev/null"])
def test_flags_are_not_written_through_a_link(
    target: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = repository.parent / "elsewhere" / "keys"
    keys.write_text("ssh-ed25519 mine", encoding="utf-8")
    (repository / "profiles" / "compiled").mkdir()
    flags = repository / "profiles" / "compiled" / "tiny.flags"
    flags.symlink_to(target)

    code = main(["compile", "--write", "profiles/tiny.yaml"])

    assert code == 2
    assert "link" in capsys.readouterr().err
    assert keys.read_text(encoding="utf-8") == "ssh-ed25519 mine"
    assert (repository / "profiles" / "tiny.yaml").read_text(encoding="utf-8") == TINY
    assert flags.is_symlink()


@pytest.mark.parametrize("in_git", [True, False])
def test_flags_are_not_written_into_a_folder_elsewhere(
    in_git: bool, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not in_git:
        (repository / ".git").rmdir()
    link(repository / "profiles" / "compiled", "../../elsewhere")

    code = main(["compile", "--write", "profiles/tiny.yaml"])

    assert code == 2
    assert "leads by a link out of" in capsys.readouterr().err
    assert list((repository.parent / "elsewhere").iterdir()) == []


def test_committed_flags_that_are_a_link_are_not_shown(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "profiles" / "compiled").mkdir()
    link(repository / "profiles" / "compiled" / "tiny.flags", "../../../secrets")

    code = main(["compile", "--check", "profiles/tiny.yaml"])

    told = capsys.readouterr()
    assert code == 2
    assert SECRET not in told.out + told.err


def test_an_upgrade_writes_the_file_of_the_same_repository(repository: Path) -> None:
    link(repository / "profiles" / "other.yaml", "tiny.yaml")
    (repository / "profiles" / "tiny.yaml").write_text(
        TINY.replace("version: 0.5.23", "version: 0.5.22"), encoding="utf-8"
    )

    main(["upgrade", "--write", "profiles/other.yaml", "--engine", "0.5.23"])

    assert (repository / "profiles" / "other.yaml").is_symlink()
    assert "version: 0.5.23" in (repository / "profiles" / "tiny.yaml").read_text(encoding="utf-8")


def test_what_is_asked_for_by_output_is_not_written_through_a_link(repository: Path) -> None:
    mine = repository.parent / "elsewhere" / "mine"
    mine.write_text("mine", encoding="utf-8")
    link(repository / "plan.json", str(mine))

    with pytest.raises(LeadsAway, match="nothing is written through a link"):
        write_file("plan.json", "theirs")

    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("path", "said", "hint"),
    [
        ("no/x", "no/x could not be written: there is no folder no", "Make no first"),
        ("", "an empty word names no file, so nothing is written", "Name a file"),
        (".", ". is no ordinary file, so nothing is written there", "Name another file"),
        ("x" * 300, "x could not be written: File name too long", "Name another file"),
    ],
)
def test_what_cannot_be_written_is_said_as_it_is_before_anything_is_spent(
    path: str, said: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for write in (refuse_unwritable, partial(write_file, text="new")):
        with pytest.raises(DeployerError) as error:
            write(path)
        assert error.value.message.endswith(said)
        assert error.value.hint.startswith(hint)


@pytest.mark.parametrize("there", [True, False])
def test_of_a_full_disk_it_says_what_is_left(there: bool, tmp_path: Path) -> None:
    path = tmp_path / "x"
    if there:
        path.write_text("old", encoding="utf-8")
    with full_disk(tmp_path), pytest.raises(Failure) as error:
        write_file(str(path), "new")
    assert error.value.hint == (
        "What was there is as it was" if there else "Nothing was left there"
    )
    assert [one.read_text(encoding="utf-8") for one in tmp_path.iterdir()] == ["old"] * there


def test_a_file_keeps_its_permissions_and_its_hard_links_their_content(tmp_path: Path) -> None:
    path, other = tmp_path / "x", tmp_path / "y"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    other.hardlink_to(path)

    write_file(str(path), "new")

    assert path.stat().st_mode & 0o777 == 0o640
    assert (path.read_text(encoding="utf-8"), other.read_text(encoding="utf-8")) == ("new", "old")


def test_links_of_the_same_repository_and_ones_own_are_followed(
    repository: Path, tmp_path: Path
) -> None:
    link(repository / "profiles" / "inner.yaml", "tiny.yaml")
    link(tmp_path / "mine.yaml", str(repository / "profiles" / "tiny.yaml"))
    link(tmp_path / "to-repository", str(repository))

    real = repository / "profiles" / "tiny.yaml"
    assert followed("profiles/inner.yaml") == real
    assert followed(str(tmp_path / "mine.yaml")) == real
    assert followed(str(tmp_path / "to-repository" / "profiles" / "inner.yaml")) == real


def test_a_link_cannot_lead_to_where_it_would_be_allowed(repository: Path, tmp_path: Path) -> None:
    """A folder of the repository that is a link to another repository, with files of its own."""
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    (other / "x.yaml").write_text(f"name: {SECRET}\n", encoding="utf-8")
    link(repository / "away", str(other))

    assert repository_of("away/x.yaml") == repository
    with pytest.raises(LeadsAway, match="out of the repository"):
        followed("away/x.yaml")
    with pytest.raises(LeadsAway, match="out of the repository"):
        followed("profiles/../away/x.yaml")


def test_a_folder_above_is_named_as_people_do(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "x.yaml").write_text(TINY, encoding="utf-8")

    assert followed("../next/x.yaml") == tmp_path / "next" / "x.yaml"
    assert followed("profiles/../profiles/tiny.yaml") == repository / "profiles" / "tiny.yaml"


def test_a_link_to_itself_is_told_and_stops_no_other_check(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "loop.yaml").symlink_to("loop.yaml")

    assert main(["check", "loop.yaml"]) == 2
    ran = capsys.readouterr()
    assert "loop.yaml: Too many levels of symbolic links" in ran.out + ran.err
    assert main(["check", "profiles/tiny.yaml"]) == 0


def test_a_pipe_and_a_device_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for path, kind in ((str(tmp_path / "pipe.yaml"), "a pipe"), ("/dev/zero", "a device")):
        with pytest.raises(LeadsAway, match=kind):
            open_ordinary(path)


def test_what_a_shell_hands_over_is_read(repository: Path) -> None:
    ran = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m deployer diff <(cat profiles/tiny.yaml) /dev/stdin"],
        cwd=repository,
        input=TINY.replace("port: 8000", "port: 8001"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode == 0, ran.stderr
    assert "8001" in ran.stdout
