"""What `status` says, and exits with, where something stands here and Modal was not asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.apply.local.status import LocalStatus
from deployer.cli.main import main

TOKEN = "[default]\ntoken_id = 'ak-x'\ntoken_secret = 'as-x'\n"
UNNEEDED = (
    "There was nothing to ask Modal: there is no Modal token on this machine, and none of its "
    "deployments is on record here"
)
REFUSED = "Modal was not asked: --offline was given"


@pytest.fixture
def config(token: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of Modal's client, with a token or not there."""
    path = tmp_path / "modal.toml"
    if token:
        path.write_text(TOKEN, encoding="utf-8")
    monkeypatch.setenv("MODAL_CONFIG_PATH", str(path))


@pytest.mark.parametrize(
    ("token", "words", "stands", "said"),
    [
        (False, [], True, (0, "nothing-to-ask", UNNEEDED)),
        (False, ["--offline"], True, (0, "nothing-to-ask", UNNEEDED)),
        (True, ["--offline"], True, (1, "not-asked", REFUSED)),
        (False, ["--offline"], False, (1, "not-asked", REFUSED)),
    ],
)
@pytest.mark.usefixtures("config")
def test_who_never_used_modal_has_nothing_to_ask_it_and_who_may_have_was_not_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    words: list[str], stands: bool, said: tuple[int, str, str],
) -> None:  # fmt: skip
    code, state, reason = said
    here = (LocalStatus("demo", "serving"),) if stands else ()
    monkeypatch.setattr("deployer.apply.local.status.status", lambda _name: here)

    assert main(["status", *words, "--format", "json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert (told["modal"]["state"], told["modal"]["reason"]) == (state, reason)
    assert [one["name"] for one in told["deployments"]] == ["demo"] * stands
    assert main(["status", *words]) == code
    assert f"{reason}.\n" in capsys.readouterr().out
