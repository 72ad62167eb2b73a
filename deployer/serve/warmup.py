"""Sending the warm-up requests, and looking at the answers before any user does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import requests

from deployer.codec import read_json
from deployer.errors import Failure
from deployer.serve.bell import Bell, Errand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deployer.release import WarmupRequest
    from deployer.serve.inside import Inside
    from deployer.serve.redact import Redactor

SHOWN = 300
"""Characters of an answer's body that a failure shows."""

OK = 200

DYING = 1.0
"""Seconds between a broken connection and the moment at which the process is seen to be gone."""


class Warmup:
    """The warm-up of one server: ``budget`` seconds for each request, over all of its parts."""

    def __init__(  # noqa: PLR0913 - keyword arguments, each a plain value
        self,
        inside: Inside,
        budget: float,
        *,
        bell: Bell,
        guard: Callable[[], None],
        prove: Callable[[], None],
        clock: Callable[[], float],
        redactor: Redactor,
    ) -> None:
        self._url = inside.url("/v1/chat/completions")
        self._headers = {"Content-Type": "application/json", **inside.headers()}
        self._budget = budget
        self._bell = bell
        self._guard = guard
        self._prove = prove
        self._clock = clock
        self._redactor = redactor

    def run(self, requests_: Sequence[WarmupRequest], report: Callable[[str, float], None]) -> None:
        """Send the first, when it is answered all others at a time, and what is a batch last.

        What the first one has compiled none of the others waits for, and together they are several,
        as users are. A batch is one step of the engine, so nothing else is sent with it. ``report``
        is told each one's kind and seconds, in the order in which they are sent. Raises
        :class:`Failure` for one that is not answered as it should be, and whatever ``guard`` raises
        when the engine dies in the middle. ``prove`` is called before each of these groups, and
        raises where somebody else would be given the key.
        """
        first, others = requests_[:1], requests_[1:]
        batches = [[each] for each in others if each.together > 1]
        for together in (first, [each for each in others if each.together == 1], *batches):
            if together:
                self._prove()
                self._ask(together, report)

    def _ask(
        self, requests_: Sequence[WarmupRequest], report: Callable[[str, float], None]
    ) -> None:
        began = self._clock()
        deadline = began + self._budget
        with self._bell.listen() as ear:
            asked = [(each, self._begin(each)) for each in requests_]
            for request, errands in asked:
                for errand in errands:
                    while not errand.done:
                        self._guard()
                        left = deadline - self._clock()
                        if left <= 0:
                            raise self._too_late(request)
                        ear.wait(left)
                report(request.kind, max(self._judged(request, each) for each in errands))

    def _begin(self, request: WarmupRequest) -> list[Errand[tuple[int, str, float]]]:
        timed = partial(self._timed, request.payload())
        return [Errand(timed, self._bell, "warm-up") for _ in range(request.together)]

    def _judged(self, request: WarmupRequest, errand: Errand[tuple[int, str, float]]) -> float:
        """Give the seconds of an answer that is as expected."""
        try:
            status, body, seconds = errand.result()
        except requests.Timeout as error:
            raise self._too_late(request) from error
        except requests.RequestException as error:
            self._await_end()
            msg = f"warm-up request {request.kind!r} failed: {type(error).__name__}"
            raise Failure(msg) from error
        self._guard()
        if problem := find_problem(status, body, request.expect):
            msg = f"warm-up request {request.kind!r} was answered wrongly: {problem}"
            # Redacted before it is cut: half a key would not be recognised.
            shown = self._redactor.text(body)[:SHOWN]
            raise Failure(msg, hint=f"the answer began: {shown!r}")
        return seconds

    def _timed(self, body: str) -> tuple[int, str, float]:
        began = self._clock()
        return (*self._post(body), self._clock() - began)

    def _too_late(self, request: WarmupRequest) -> Failure:
        return Failure(f"warm-up request {request.kind!r} had no answer in {self._budget:g} s")

    def _post(self, body: str) -> tuple[int, str]:
        with requests.Session() as session:
            session.trust_env = False  # neither a proxy nor a key out of ~/.netrc
            answer = session.post(
                self._url,
                data=body.encode(),
                headers=self._headers,
                timeout=self._budget,
                allow_redirects=False,
            )
            return answer.status_code, answer.content.decode(errors="replace")

    def _await_end(self) -> None:
        """Let an engine that broke the connection by dying be found dead: that explains more."""
        with self._bell.listen() as ear:
            self._guard()
            ear.wait(DYING)
            self._guard()


def find_problem(status: int, body: str, expect: Sequence[str]) -> str:
    """Say what is wrong with an answer to a chat completion; '' if it is as expected."""
    if status != OK:
        return f"status {status}"
    try:
        message = read_json(body, constants=True)["choices"][0]["message"]
    except ValueError:
        return "not JSON"
    except (KeyError, IndexError, TypeError):
        message = None
    return _find_message_problem(message, expect)


def _find_message_problem(message: object, expect: Sequence[str]) -> str:
    if not isinstance(message, dict):
        return "no choices[0].message"
    calls = message.get("tool_calls")
    if "tool_calls" in expect and calls and (problem := _find_call_problem(calls)):
        return problem
    if expect and not any(_filled(message.get(name)) for name in expect):
        return f"nothing in {' or '.join(expect)}"
    return ""


def _filled(value: object) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


def _find_call_problem(calls: Any) -> str:  # noqa: ANN401 - whatever the server sent
    try:
        for call in calls:
            function = call["function"]
            if not isinstance(function["name"], str) or not function["name"]:
                return "a tool call without a name"
            read_json(function["arguments"], constants=True)
    except ValueError:
        return "a tool call whose arguments are not JSON"
    except (KeyError, TypeError):
        return "a tool call without function, name and arguments"
    return ""
