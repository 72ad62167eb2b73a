"""``python -m tools.catalogue``: adds a release, links the others anew, and says what is stale."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from deployer.catalogue import cache
from deployer.catalogue.categories import VANISHED
from tests.facts.synthetic import LAYOUTS, write_wheel
from tools.catalogue import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder for catalogues, with wheels of two releases in the cache."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    write_wheel(wheels, LAYOUTS["annotated"], version="0.5.98")
    gone = {
        name: text.replace("    quick: A[bool", "    swift: A[bool")
        for name, text in LAYOUTS["structs"].items()
    }
    write_wheel(wheels, gone, version="0.5.99")
    monkeypatch.setenv("DEPLOYER_WHEELS", str(wheels))
    monkeypatch.setitem(VANISHED, "--gone", "serving")
    monkeypatch.setitem(VANISHED, "--hidden", "serving")
    catalogues = tmp_path / "catalogues"
    catalogues.mkdir()
    return catalogues


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["tools.catalogue", "--folder", str(folder), *words])
    return main()


def option(folder: Path, version: str, name: str) -> dict[str, Any]:
    document = json.loads((folder / f"{version}.json").read_text("utf-8"))
    return dict(next(it for it in document["options"] if it["strings"][0] == name))


def test_a_new_release_says_what_it_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, folder, "0.5.98") == 0
    assert "removed_in" not in option(folder, "0.5.98", "--quick")
    assert run(monkeypatch, folder, "0.5.99") == 0
    assert option(folder, "0.5.98", "--quick")["removed_in"] == "0.5.99"
    assert option(folder, "0.5.99", "--swift")["since"] == "0.5.99"
    history = json.loads((folder / "history.json").read_text("utf-8"))
    assert history["strings"]["--quick"] == [["0.5.98", "0.5.99"]]


def test_a_wheel_can_be_named_by_its_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = cache.wheel_path("0.5.98")
    assert run(monkeypatch, folder, "--wheel", str(wheel)) == 0
    assert option(folder, "0.5.98", "--quick")["help"] == "Faster."


def test_the_check_writes_nothing_and_names_what_is_stale(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, folder, "0.5.98", "0.5.99")
    assert run(monkeypatch, folder, "--check") == 0
    path = folder / "0.5.98.json"
    edited = path.read_text("utf-8").replace("Faster.", "Slower.")
    path.write_text(edited, "utf-8")
    assert run(monkeypatch, folder, "--check") == 1
    assert "0.5.98.json is stale" in capsys.readouterr().err
    assert path.read_text("utf-8") == edited


def test_a_second_run_writes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, folder, "0.5.98", "0.5.99")
    assert "wrote 0.5.99.json" in capsys.readouterr().out
    assert run(monkeypatch, folder, "0.5.98") == 0
    assert capsys.readouterr().out == ""


def test_an_unreadable_wheel_is_named_with_the_reason(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wheel = write_wheel(tmp_path, {}, version="0.5.97")
    assert run(monkeypatch, folder, "--wheel", str(wheel)) == 1
    assert capsys.readouterr().err == (
        "error: sglang-0.5.97-py3-none-any.whl cannot be read: "
        "the wheel has no sglang.srt.server_args\n"
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("word", ["newest", "0.5.x", "../0.5.9"])
def test_what_is_no_release_is_refused_before_anything_is_downloaded(
    word: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, folder, word) == 1
    assert f"error: {word!r} is not an SGLang release" in capsys.readouterr().err


@pytest.mark.process
def test_a_release_that_does_not_exist_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refusing = folder.parent / "python"
    refusing.write_text("#!/bin/sh\necho 'ERROR: No matching distribution found' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(refusing))
    assert run(monkeypatch, folder, "0.5.1234") == 1
    assert capsys.readouterr().err == (
        "error: no wheel of sglang 0.5.1234 could be downloaded: "
        "ERROR: No matching distribution found\n"
    )


def test_wheels_lie_in_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEPLOYER_WHEELS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache.folder() == Path("/somewhere/deployer/wheels")
