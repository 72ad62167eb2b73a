"""What a revision means today: the hub's answer, asked on the machine that deploys."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.serve.weights.hub import TOKEN_VARIABLE, Hub
from deployer.serve.weights.pace import Gate, Pace, Patience

if TYPE_CHECKING:
    from collections.abc import Mapping

PACE = Pace(idle_tries=2, tries=4, longest_asked=10.0, read_timeout=20.0)
"""Somebody waits for the answer."""

_COMMIT = re.compile(r"[0-9a-f]{40}")


def resolve(repo: str, revision: str, environ: Mapping[str, str], *, pace: Pace = PACE) -> str:
    """Give the commit, 40 hexadecimal digits, that a branch, a tag or a commit means.

    The hub is ``HF_ENDPOINT``; the token ``HF_TOKEN`` or the one that ``hf auth login`` saved.
    It is the client of the download that asks, so that both refuse in the same words. Raises
    :class:`Failure`: no such repository or revision, gated or private, the hub out of reach or
    asked too often.
    """
    hub = Hub.of(_with_token(environ), pace)
    patience = Patience(f"asking {hub.name} for {repo}", pace, Gate())
    return patience.until_done(partial(_commit, hub, repo, revision))


def _commit(hub: Hub, repo: str, revision: str) -> str:
    found = hub.listing(repo, revision, files=False)
    commit = found.get("sha") if isinstance(found, dict) else None
    if not isinstance(commit, str) or _COMMIT.fullmatch(commit) is None:
        message = f"{hub.name} does not say which commit {revision} of {repo} is"
        raise Failure(message, hint="look at HF_ENDPOINT")
    return commit


def _with_token(environ: Mapping[str, str]) -> dict[str, str]:
    if environ.get(TOKEN_VARIABLE):
        return dict(environ)
    from huggingface_hub import get_token  # noqa: PLC0415 - a fifth of a second, and rarely needed

    return {**environ, TOKEN_VARIABLE: get_token() or ""}
