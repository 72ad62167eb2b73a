"""`deployer verify`: the forms of its result, and the bounds of its time."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from deployer.cli.main import main
from tests.verify.fake_answers import MODEL
from tests.verify.fake_engine import CHAT, KEY, Behaviour, running

pytestmark = pytest.mark.process

PROBES = ("--probe", "models", "--probe", "unknown-model", "--probe", "tool-pair")


def verify(
    behaviour: Behaviour, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    with running(behaviour) as server:
        code = main(["verify", "--url", server.url, "--model", MODEL, *words])
    return code, capsys.readouterr().out


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", KEY)


def _one_call(situation: str, answer: dict[str, list[dict[str, dict[str, list[str]]]]]) -> None:
    if situation == "two-tools":
        answer["choices"][0]["message"]["tool_calls"].pop()


def test_junit_has_a_case_for_each_probe_and_no_pass_for_what_was_not_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out = verify(Behaviour(edit=_one_call, unknown=200), capsys, *PROBES, "--format", "junit")
    (suite,) = ET.fromstring(out)  # noqa: S314 - our own
    assert code == 0
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "0", "2")
    assert {case.get("name") for case in suite if case.find("skipped") is None} == {"models"}


def test_json_counts_what_was_not_seen(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = verify(Behaviour(edit=_one_call, unknown=200), capsys, *PROBES, "--format", "json")
    value = json.loads(out)
    assert code == 0
    counts = {name: value[name] for name in ("passed", "failed", "skipped", "unseen")}
    assert counts == {"passed": 1, "failed": 0, "skipped": 1, "unseen": 1}


def test_where_nothing_was_seen_to_hold_it_is_no_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out = verify(Behaviour(edit=_one_call), capsys, "--probe", "tool-pair")
    assert code == 1
    assert "not seen: the model made 1 call where two were asked for" in out


def test_the_time_for_all_of_it_is_kept_to(capsys: pytest.CaptureFixture[str]) -> None:
    hangs = Behaviour(hang=frozenset({CHAT}))
    words = ("--probe", "chat", "--probe", "stop", "--timeout", "1")
    code, out = verify(hangs, capsys, *words)
    assert code == 1
    assert "the 1 s for all probes are over" in out
    assert "not asked: the 1 s for all probes are over" in out
