"""A release that came out after this version of deployer: unknown, added, checked, forgotten."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.catalogue import own
from deployer.catalogue.cache import wheel_path
from deployer.check.run import load_checked
from deployer.cli.main import main
from deployer.errors import Failure
from deployer.facts.sglang import catalogue, history
from deployer.finding import Severity
from tests.facts.synthetic import LAYOUTS, write_wheel

PROFILE = Path("profiles/b200-fp8-eagle.yaml").read_text(encoding="utf-8")
NEW = PROFILE.replace("0.5.10.post1", "0.5.99")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the user's own folder, and let the process forget what it knew of it."""
    wheels, mine = tmp_path / "wheels", tmp_path / "catalogues"
    wheels.mkdir()
    write_wheel(wheels, LAYOUTS["annotated"], version="0.5.99")
    monkeypatch.setenv("DEPLOYER_WHEELS", str(wheels))
    monkeypatch.setenv("DEPLOYER_CATALOGUES", str(mine))
    forget()
    yield mine
    forget()


def forget() -> None:
    for cached in (catalogue.shipped, catalogue.releases, catalogue.load):
        cached.cache_clear()
    history.forget()


def found(text: str) -> dict[str, Severity]:
    return {one.check: one.severity for one in load_checked(text, "x.yaml")[1]}


def test_a_newer_release_is_a_warning_that_says_what_was_not_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "new.yaml"
    profile.write_text(NEW, encoding="utf-8")

    assert found(NEW)["release-not-catalogued"] is Severity.WARNING
    assert Severity.ERROR not in found(NEW).values()
    assert main(["check", str(profile)]) == 0
    said = capsys.readouterr().out
    assert "flags, values, defaults and known bugs were not checked" in " ".join(said.split())
    assert "deployer catalogue add 0.5.99" in said
    assert f"{profile}: fine" not in said
    assert main(["check", "--strict", str(profile)]) == 1


def test_it_is_spelled_as_the_newest_known_release_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "new.yaml"
    profile.write_text(NEW, encoding="utf-8")

    assert main(["compile", str(profile)]) == 0
    flags = capsys.readouterr().out
    assert "--dsa-decode-backend" in flags
    assert "--nsa-decode-backend" not in flags


def test_a_release_between_those_that_are_known_is_an_error() -> None:
    text = PROFILE.replace("0.5.10.post1", "0.5.12.post9")

    assert found(text)["unknown-release"] is Severity.ERROR


def test_added_it_is_checked_and_forgotten_it_is_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["catalogue", "add", "0.5.99"]) == 0
    said = capsys.readouterr()
    assert f"SGLang 0.5.99 is known now: 14 options ({folder / '0.5.99.json'})" in said.out
    assert "not held against the release's real parser" in said.err
    assert catalogue.newest() == "0.5.99"
    checks = found(NEW)
    assert "release-not-catalogued" not in checks
    assert checks["removed-flag"] is Severity.ERROR
    assert history.lifetimes("--quick") == (("0.5.99", ""),)
    assert history.lifetimes("--enable-mixed-chunk")[-1][1] == "0.5.99"

    assert main(["catalogue", "remove", "0.5.99"]) == 0
    assert catalogue.newest() != "0.5.99"
    assert "release-not-catalogued" in found(NEW)
    assert history.lifetimes("--quick") == ()


def test_what_is_shipped_stands_whatever_the_users_folder_holds(folder: Path) -> None:
    folder.mkdir()
    newest = catalogue.newest()
    (folder / f"{newest}.json").write_text("{}", encoding="utf-8")
    forget()

    assert len(catalogue.load(newest).options) > 500
    assert own.own() == ()


def test_a_broken_catalogue_is_named_with_its_cure(folder: Path) -> None:
    folder.mkdir()
    (folder / "0.5.99.json").write_text('{"format_version": 1}', encoding="utf-8")
    forget()

    with pytest.raises(Failure, match=r"0\.5\.99\.json is no catalogue") as failed:
        catalogue.load("0.5.99")
    assert failed.value.hint == "`deployer catalogue add 0.5.99` writes it again"


def test_a_history_of_other_releases_is_not_used(folder: Path) -> None:
    own.add(["0.5.99"])
    document = json.loads((folder / "history.json").read_text("utf-8"))
    document["releases"] = document["releases"][1:]
    (folder / "history.json").write_text(json.dumps(document), encoding="utf-8")
    forget()

    assert history.lifetimes("--quick") == ()
    assert history.lifetimes("--tp-size")[0][0] == "0.5.9"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "there is no release to add"),
        (["0.5.23"], 2, "its catalogue is shipped with deployer"),
        (["../0.5.99"], 2, "is not an SGLang release"),
        (["--wheel", "README.md"], 1, "is not a wheel of SGLang that can be read"),
    ],
)
def test_what_cannot_be_added(
    words: list[str], code: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["catalogue", "add", *words]) == code
    assert said in capsys.readouterr().err
    assert not folder.exists()


def test_an_index_that_was_not_reached_is_not_one_without_the_release(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")

    assert main(["catalogue", "add", "0.5.98", "--format", "json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["state"] == "not-reached"
    assert error["message"].startswith("whether SGLang 0.5.98 is published is not known")


def test_an_index_that_names_other_releases_was_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))

    assert main(["catalogue", "add", "0.5.98"]) == 1
    assert "no wheel of sglang 0.5.98 could be downloaded" in capsys.readouterr().err


def test_a_wheel_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployer.catalogue.wheel.LARGEST_SOURCE", 100)

    with pytest.raises(Failure, match="which is no source file"):
        own.add([], [tmp_path / "wheels" / "sglang-0.5.99-py3-none-any.whl"])


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DEPLOYER_CATALOGUES", str(tmp_path / "file" / "below"))

    with pytest.raises(Failure, match="cannot be written") as failed:
        own.add(["0.5.99"])
    assert "DEPLOYER_CATALOGUES" in failed.value.hint


def test_only_what_was_added_can_be_removed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogue", "remove", "0.5.23"]) == 2
    assert main(["catalogue", "remove", "0.5.98"]) == 2
    assert main(["catalogue", "remove", "../x"]) == 2
    assert "no catalogue of SGLang ../x was added" in capsys.readouterr().err


@pytest.mark.wheels
def test_a_real_release_becomes_what_would_have_been_shipped(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if 0.5.23 had come out after this version: the same file, to the byte."""
    monkeypatch.delenv("DEPLOYER_WHEELS")
    older, newest = tmp_path / "shipped", catalogue.FOLDER / "0.5.23.json"
    older.mkdir()
    for path in catalogue.FOLDER.glob("*.json"):
        if path != newest:
            shutil.copy(path, older)
    monkeypatch.setattr(catalogue, "FOLDER", older)
    monkeypatch.setattr(history, "FOLDER", older)
    forget()
    assert not catalogue.find("0.5.23")

    own.add([], [wheel_path("0.5.23")])

    assert (folder / "0.5.23.json").read_text("utf-8") == newest.read_text("utf-8")
    assert catalogue.load("0.5.23").find("--dsa-decode-backend")
