from __future__ import annotations

import traceback

import pytest

from deployer.errors import Failure
from deployer.verify.sample import sample_answer

from .asking import HASTY, PATIENT, everything
from .fake_answers import MODEL
from .fake_engine import CHAT, KEY, Behaviour, running

pytestmark = pytest.mark.process


@pytest.mark.parametrize("model", [MODEL, None])
def test_a_sample_is_the_answers_text(model: str | None) -> None:
    with running(Behaviour()) as server:
        answer = sample_answer(everything(server.url, model=model), timeout=PATIENT)
    assert answer == "Hello! How can I help you today?"


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (Behaviour(raw={CHAT: (500, "text/plain", f"boom {KEY}")}), r"HTTP 500 .*: boom \[key\]"),
        (Behaviour(raw={CHAT: (200, "text/html", "<p>")}), "not a chat completion"),
        (Behaviour(hang=frozenset({CHAT})), "said nothing for"),
        (
            Behaviour(edit=lambda _, answer: answer["choices"][0]["message"].update(content="")),
            "the sample answer is empty",
        ),
    ],
)
def test_no_sample_is_a_failure_without_the_key(behaviour: Behaviour, message: str) -> None:
    with running(behaviour) as server, pytest.raises(Failure, match=message) as caught:
        sample_answer(everything(server.url), timeout=HASTY)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
