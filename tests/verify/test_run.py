from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from deployer.errors import UsageError
from deployer.report import verdicts as report
from deployer.verify.catalogue import PROBES, selected
from deployer.verify.endpoint import Endpoint
from deployer.verify.run import verify
from deployer.verify.verdict import Outcome, Verdict, all_hold

from .asking import HASTY, PATIENT, ask, everything
from .fake_answers import MODEL
from .fake_engine import CHAT, COMPLETIONS, KEY, MODELS, Behaviour, running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.process

NAMES = [probe.name for probe in PROBES]
MAY_BE_REFUSED = {"logprobs", "stranger"}
"""What an engine need not have."""

SAME_TO_ALL = {
    "an empty object": (200, "application/json", "{}"),
    "nothing": (200, "text/plain", ""),
    "no JSON at all": (200, "application/json", ""),
    "a page": (200, "text/html", "<!doctype html><title>Welcome</title><p>It works: 1 2 3"),
    "null": (200, "application/json", "null"),
    "a list": (200, "application/json", "[]"),
    "a text": (200, "application/json", '"ok"'),
    "an event stream without events": (200, "text/event-stream", ""),
    "only the end of a stream": (200, "text/event-stream", "data: [DONE]\n\n"),
    "no content": (204, "text/plain", ""),
    "not modified": (304, "text/plain", ""),
    "not found": (404, "text/plain", "modal-http: app for invoked web endpoint is stopped"),
    "refusal": (401, "application/json", '{"error":"Unauthorized"}'),
    "an error": (500, "text/plain", "boom"),
}


@pytest.fixture(name="closed_port")
def _closed_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused for sure
        yield taken.getsockname()[1]


def outcomes(verdicts: tuple[Verdict, ...]) -> set[Outcome]:
    return {verdict.outcome for verdict in verdicts}


def test_a_right_endpoint_keeps_every_promise_in_the_catalogues_order() -> None:
    heard: list[Verdict] = []
    with running(Behaviour()) as server:
        verdicts = verify(everything(server.url), timeout=PATIENT, on_verdict=heard.append)
    assert [verdict.probe for verdict in verdicts] == NAMES
    assert outcomes(verdicts) == {Outcome.PASSED, Outcome.SKIPPED}
    assert [each.probe for each in verdicts if each.outcome is Outcome.SKIPPED] == ["stranger"]
    assert heard == list(verdicts)
    assert all_hold(verdicts)


@pytest.mark.parametrize("said", SAME_TO_ALL.values(), ids=list(SAME_TO_ALL))
@pytest.mark.parametrize("model", [MODEL, None])
def test_no_probe_passes_where_everything_is_answered_alike(
    said: tuple[int, str, str], model: str | None
) -> None:
    with running(Behaviour(raw={"*": said})) as server:
        verdicts = verify(everything(server.url, model=model), timeout=PATIENT)
    assert Outcome.PASSED not in outcomes(verdicts)
    assert {each.probe for each in verdicts if each.outcome is Outcome.SKIPPED} <= MAY_BE_REFUSED
    assert len(verdicts) == (len(NAMES) if model else 1)
    assert not all_hold(verdicts)


def test_what_is_not_promised_is_skipped_with_its_reason() -> None:
    with running(Behaviour(key=None, unknown=200)) as server:
        verdicts = verify(Endpoint(server.url, model=MODEL), timeout=PATIENT)
    skipped = {each.probe: each.message for each in verdicts if each.outcome is Outcome.SKIPPED}
    assert skipped == {
        "stranger": "the profile asks for no token in front of the server",
        "thinking": "the profile sets no reasoning parser",
        "no-thinking": "the profile sets no reasoning parser",
        "tools": "the profile sets no tool-call parser",
        **dict.fromkeys(
            ("tool-choice", "tool-stream", "tool-pair"), "the profile sets no tool-call parser"
        ),
        "seed": "the profile does not turn deterministic inference on",
        "metrics": "the profile does not turn metrics on",
        "prefix-cache": "the profile turns the prefix cache or its metrics off",
        "gone": "the profile does not turn metrics on: nothing tells whether the engine gives up",
        "unknown-model": (
            "the engine answers under any model's name: SGLang to 0.5.23 promises no refusal"
        ),
        "huge-body": "no bound of a request's body is promised",
        "auth": "the profile asks for no API key",
        "admin": "the profile asks for no API key",
        "release": "no release is named that should answer",
    }
    assert all_hold(verdicts)


def test_without_a_name_the_first_listed_model_is_asked() -> None:
    with running(Behaviour()) as server:
        verdicts = verify(everything(server.url, model=None), select=["models", "chat"])
    assert verdicts[0].checked == (f"lists {MODEL}",)
    assert outcomes(verdicts) == {Outcome.PASSED}


def test_an_unreachable_endpoint_is_one_clear_verdict(closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    (verdict,) = verify(everything(url), timeout=PATIENT)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.probe == "endpoint"
    assert verdict.message == f"cannot reach {url}: Connection refused"


def test_an_unknown_host_is_one_clear_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_host(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    (verdict,) = verify(everything("https://nowhere.invalid"), timeout=PATIENT)
    assert verdict.message == "cannot reach https://nowhere.invalid: Name or service not known"


@pytest.mark.parametrize("model", [MODEL, None])
def test_an_endpoint_that_says_nothing_is_waited_for_once(model: str | None) -> None:
    with running(Behaviour(hang=frozenset({MODELS}))) as server:
        (verdict,) = verify(everything(server.url, model=model), timeout=HASTY)
        assert len(server.asked) == 1
    assert verdict.message == "the server said nothing for 1 s"


def test_after_two_probes_without_an_answer_the_rest_are_not_asked() -> None:
    with running(Behaviour(hang=frozenset({"/health", CHAT, COMPLETIONS}))) as server:
        verdicts = verify(everything(server.url), timeout=HASTY)
        asked = server.asked.count(CHAT)
    assert [verdict.probe for verdict in verdicts] == NAMES
    assert asked == 1
    assert {each.message for each in verdicts[3:]} == {
        "not asked: 2 probes before it got no answer in time"
    }


def test_all_of_it_has_an_end_whatever_trickles() -> None:
    with running(Behaviour(hang=frozenset({CHAT}))) as server:
        verdicts = verify(everything(server.url), timeout=PATIENT, total=HASTY)
    assert [verdict.probe for verdict in verdicts] == NAMES
    assert verdicts[2].message == "the 1 s for all probes are over"
    assert {each.message for each in verdicts[3:]} == {"not asked: the 1 s for all probes are over"}
    assert {each.outcome for each in verdicts[2:]} == {Outcome.FAILED}


def test_modals_redirect_is_followed() -> None:
    behaviour = Behaviour(redirects=1)
    assert ask("chat", behaviour).outcome is Outcome.PASSED
    assert behaviour.redirects == 0


def test_a_redirect_to_nowhere_is_told() -> None:
    verdict = ask("chat", Behaviour(raw={CHAT: (303, "text/plain", "")}))
    assert verdict.message == "HTTP 303 from POST /v1/chat/completions: (empty)"
    assert "Modal answers 303 after 150 s" in verdict.hint


def test_errors_are_not_retried() -> None:
    with running(Behaviour(raw={CHAT: (500, "text/plain", "boom")})) as server:
        verify(everything(server.url), select=["chat"], timeout=PATIENT)
        assert server.asked.count(CHAT) == 1


@pytest.mark.parametrize("form", [KEY, f"Bearer {KEY}", f'{{"a": "{KEY}"}}', "x" * 290 + KEY])
def test_the_key_shows_in_no_output(form: str) -> None:
    ways = [
        Behaviour(raw={"*": (status, kind, form)})
        for status in (200, 401)
        for kind in ("text/plain", "application/json", "text/event-stream")
    ]
    assert len(ways) == 6
    for behaviour in ways:
        with running(behaviour) as server:
            verdicts = verify(everything(server.url), timeout=PATIENT, select=["models", "chat"])
        assert [verdict.outcome for verdict in verdicts] == [Outcome.FAILED] * 2
        shown = report.text(verdicts) + report.to_json(verdicts) + repr(verdicts)
        assert KEY[:12] not in shown


def test_the_key_shows_in_no_output_where_a_model_repeats_it() -> None:
    def leak(_: str, answer: dict[str, object]) -> None:
        answer["choices"] = [
            {"message": {"role": "assistant", "content": KEY}, "finish_reason": KEY}
        ]

    with running(Behaviour(edit=leak)) as server:
        verdicts = verify(everything(server.url), timeout=PATIENT)
    shown = report.text(verdicts) + report.to_json(verdicts) + repr(verdicts)
    assert "finish_reason is [key]" in shown
    assert KEY[:12] not in shown


def test_what_a_server_says_cannot_reach_the_terminal() -> None:
    verdict = ask("chat", Behaviour(raw={CHAT: (500, "text/plain", "\x1b[2Jgone\x07\nnext")}))
    assert verdict.message.endswith(r": \x1b[2Jgone\x07 next")


def test_no_key_from_elsewhere_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("default login somebody password secret\n")
    monkeypatch.setitem(os.environ, "NETRC", str(netrc))
    monkeypatch.setitem(os.environ, "OPENAI_API_KEY", "sk-from-the-environment")
    with running(Behaviour(key=None)) as server:
        verify(Endpoint(server.url, model=MODEL), timeout=PATIENT)
        shown = set(server.shown)
    assert shown == {None, "Bearer EMPTY"}


def test_selection_keeps_the_catalogues_order() -> None:
    assert [probe.name for probe in selected(["auth", "chat"])] == ["chat", "auth"]
    assert selected(None) == PROBES


def test_an_unknown_or_empty_selection_is_refused() -> None:
    with pytest.raises(UsageError, match="no probe 'tool'") as caught:
        selected(["tool"])
    assert caught.value.hint == "did you mean tools?"
    with pytest.raises(UsageError, match="nothing would be verified"):
        selected([])
