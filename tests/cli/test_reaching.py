"""Where Modal's proxy token goes of itself: to Modal, and to a profile's own domains."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.cli.reaching import headers_at
from deployer.cli.reading import read_release
from deployer.errors import Failure
from deployer.release import Release
from tests.shipped import shipped

TOKEN = {"Modal-Key": "wk-canary", "Modal-Secret": "ws-canary"}
HERE = "http://127.0.0.1:8000"
OURS = "https://me--app-serve.modal.run/v1"


def profile(folder: Path, more: str = "") -> Release:
    text = shipped("b200-no-spec")
    assert "  auth: both\n" in text
    (folder / "p.yaml").write_text(text.replace("  auth: both\n", more), "utf-8")
    return read_release(str(folder / "p.yaml"))


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("MODAL_PROXY_TOKEN_ID", "wk-canary")
    monkeypatch.setenv("MODAL_PROXY_TOKEN_SECRET", "ws-canary")


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (OURS, True),
        ("https://me--app-serve.modal.run.", True),
        ("http://me--app-serve.modal.run", False),
        ("https://me.modal.run.elsewhere.example", False),
        ("https://me-modal.run", False),
        ("https://modal.run@elsewhere.example", False),
        (HERE, False),
        ("elsewhere", False),
    ],
)
def test_without_a_profile_it_goes_to_modal_alone(url: str, sent: bool) -> None:
    assert headers_at(url) == (TOKEN if sent else {})


@pytest.mark.usefixtures("token")
def test_a_profile_says_whether_one_is_asked_for_and_which_domains_are_its_own(
    tmp_path: Path,
) -> None:
    proxied = profile(tmp_path, "  auth: both\n  custom_domains: [llm.example.org]\n")
    assert headers_at(OURS, proxied) == TOKEN
    assert headers_at("https://llm.example.org", proxied) == TOKEN
    assert headers_at("https://elsewhere.example", proxied) == {}
    assert headers_at(OURS, profile(tmp_path, "  auth: key\n")) == {}


def test_a_profile_that_asks_for_one_wants_it_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for half in ("ID", "SECRET"):
        monkeypatch.delenv(f"MODAL_PROXY_TOKEN_{half}", raising=False)
    assert headers_at(OURS) == {}
    with pytest.raises(Failure, match="asks for a proxy token"):
        headers_at(OURS, profile(tmp_path, "  auth: both\n"))
