"""One fault at a time: the right probe finds it, names it, and no other is moved by it."""

from __future__ import annotations

import pytest

from deployer.verify import surface
from deployer.verify.catalogue import PROBES
from deployer.verify.probes import crowd
from deployer.verify.run import REACH, verify
from deployer.verify.verdict import Outcome, Verdict

from .asking import HASTY, PATIENT, everything
from .fake_answers import HELLO, USAGE
from .fake_engine import MODELS, Behaviour, running
from .faults import FAULTS, Fault

pytestmark = pytest.mark.process

SETTLE = 0.3
"""Seconds: the fake counts before it answers."""

FEW = 3
"""Routes that are enough to see that nobody is let in because of another fault."""

SOME = 8
"""Requests at once that are enough to see that none is moved by another fault."""

NAMES = {probe.name for probe in PROBES}
GOOD = (
    '{"id": "1", "object": "chat.completion", "created": 1, "model": "glm-tiny", "choices": '
    '[{"index": 0, "finish_reason": "stop", "text": "' + HELLO + ' 4 Paris", "message": {"role": '
    '"assistant", "content": "'
    + HELLO
    + ' 4 Paris", "reasoning_content": "Hm."}}], "usage": '
    + str(USAGE).replace("'", '"')
    + "}"
)


def found(behaviour: Behaviour, *, timeout: float = PATIENT) -> dict[str, Verdict]:
    with running(behaviour) as server:
        verdicts = verify(everything(server.url), timeout=timeout, settle=SETTLE)
    return {verdict.probe: verdict for verdict in verdicts}


def passed(verdicts: dict[str, Verdict]) -> set[str]:
    return {name for name, verdict in verdicts.items() if verdict.outcome is Outcome.PASSED}


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_the_right_probe_finds_it_and_no_other(
    fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault.probe not in {"auth", "admin"}:  # these ask each route in many ways: half of all
        for name in ("CLIENTS", "OTHERS", "OPERATORS"):
            monkeypatch.setattr(surface, name, getattr(surface, name)[:FEW])
    if fault.probe != "crowd":
        monkeypatch.setattr(crowd, "MANY", SOME)
    verdicts = found(fault.behaviour)
    failed = {name: each for name, each in verdicts.items() if each.outcome is Outcome.FAILED}
    assert set(failed) == {fault.probe}, {name: each.message for name, each in failed.items()}
    assert fault.words in verdicts[fault.probe].message


def test_there_is_a_fault_for_every_probe_that_tests_of_their_own_do_not_have() -> None:
    assert len(FAULTS) >= 30
    elsewhere = {"models", "stranger"}  # a list that others ask, and what is in front of an engine
    assert NAMES - {fault.probe for fault in FAULTS} == elsewhere


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(raw={"*": (200, "application/json", "{}")}),
        Behaviour(raw={"*": (200, "application/json", GOOD)}),
    ],
    ids=["an empty object", "the same good completion"],
)
def test_nothing_passes_where_all_is_answered_alike(behaviour: Behaviour) -> None:
    verdicts = found(behaviour)
    assert set(verdicts) == NAMES
    assert passed(verdicts) <= {"health"}


@pytest.mark.parametrize(
    "paths",
    [frozenset({"*"}), frozenset({"/v1/chat/completions", "/v1/completions", "/metrics", MODELS})],
    ids=["everything", "all but health"],
)
def test_nothing_passes_where_requests_are_taken_and_not_answered(paths: frozenset[str]) -> None:
    verdicts = found(Behaviour(hang=paths), timeout=HASTY)
    assert set(verdicts) == {REACH}
    assert verdicts[REACH].outcome is Outcome.FAILED
    assert "the server said nothing" in verdicts[REACH].message


def test_nothing_passes_where_all_hangs_but_the_list_of_models() -> None:
    """The list comes from the process that reads HTTP: it tells nothing of the engine behind."""
    paths = frozenset({"/v1/chat/completions", "/v1/completions", "/metrics"})
    verdicts = found(Behaviour(hang=paths), timeout=HASTY)
    assert set(verdicts) == NAMES
    assert passed(verdicts) <= {"health", "models"}


def _noise(_situation: str, answer: dict[str, object]) -> None:
    choices = answer.get("choices")
    for each in choices if isinstance(choices, list) else []:
        if "text" in each:
            each["text"] = "!!!!"
        elif each["message"]["content"]:
            each["message"]["content"] = "!!!!"


def test_an_endpoint_whose_every_text_is_noise_keeps_no_promise_about_texts() -> None:
    verdicts = found(Behaviour(edit=_noise))
    about_texts = {probe.name for probe in PROBES if not probe.form}
    seen = passed(verdicts) & about_texts
    assert seen <= {"tool-stream", "tool-pair"}, "calls are sound, and have no text"
