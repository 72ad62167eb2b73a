"""Says whether a local server lives, from what is seen now and never from a record.

SGLang answers ``/health`` with 200 while no token leaves it. What counts is what the supervisor
sees of the engine's progress (:mod:`deployer.serve.view`), as long as that is fresh, and a request
for one token where it is not, or where the engine has nothing to do.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.local.health import complaint, ill
from deployer.apply.local.listener import objection
from deployer.serve.view import VIEW, View, read_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.apply.local.folder import Folder
    from deployer.apply.local.parts import Parts
    from deployer.apply.local.state import State
    from deployer.release import Release

FRESH = 5.0
"""Seconds after which what a supervisor saw says nothing of now; it writes every second."""

CLEAR = frozenset({"idle", "busy"})

PAUSE = 0.2
MARGIN = 2.0
"""Seconds beyond its budget after which a supervisor has called a silent engine hung or alive."""


@dataclass(frozen=True, slots=True)
class Alive:
    """What was seen of a server: ``trouble`` where it does not live, else ``seen`` says of what."""

    trouble: str
    seen: str = ""


def look(folder: Folder, state: State, timeout: float, now: Callable[[], float]) -> Alive:
    """Look at a server without its key; ``timeout`` bounds its ``/health``, in seconds."""
    if trouble := objection(folder, state):
        return Alive(trouble)
    view = fresh_view(folder, now)
    if view is not None and view.state not in CLEAR:
        return Alive(told(view))
    if trouble := ill(state.port, timeout):
        return Alive(trouble)
    seen = f"its own process answered /health on port {state.port}"
    if view is None:
        return Alive("", f"{seen}; whether tokens leave it was not seen")
    return Alive("", f"{seen}, and {told(view)}")


def ask(folder: Folder, state: State, release: Release, key: str, parts: Parts) -> Alive:
    """Ask a server with its key whether it serves, and wait for a doubtful one to become clear."""
    timeout = release.lifecycle.health_timeout
    deadline = parts.clock() + release.lifecycle.hang + MARGIN
    while (view := fresh_view(folder, parts.now)) is not None and view.state not in CLEAR:
        if parts.clock() > deadline:
            return Alive(told(view))
        parts.sleep(PAUSE)
    if trouble := objection(folder, state) or complaint(state.port, key, timeout):
        return Alive(trouble)
    if view is not None and view.state == "busy":
        return Alive("", told(view))
    if trouble := _one_token(state.port, key, release.model.served_name, timeout):
        return Alive(trouble)
    return Alive("", "it answered a request for one token")


def fresh_view(folder: Folder, now: Callable[[], float]) -> View | None:
    """Give what the supervisor sees, where that is of now."""
    view = read_view(folder.path / VIEW)
    return view if view is not None and abs(now() - view.at) <= FRESH else None


def told(view: View) -> str:
    """Say what a supervisor sees of its engine."""
    if view.state == "idle":
        return f"its supervisor had an answer from it {view.sign:.0f} s ago"
    if view.state == "busy":
        return f"its supervisor saw it make progress {view.sign:.0f} s ago"
    return f"its engine is {view.state}: {view.reason}"


def _one_token(port: int, key: str, model: str, timeout: float) -> str:
    """Ask for one token; gives what is wrong, '' where it came."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "."}],
        "max_tokens": 1,
        "temperature": 0,
    }
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return f"it did not answer a request for one token within {timeout:g} s"
    finally:
        connection.close()
    if status == http.client.OK:
        return ""
    return f"it answered a request for one token with {status}"
