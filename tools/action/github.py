"""GitHub's REST API, as far as the actions need it: docs.github.com/rest.

The environment is GitHub's own (GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH), and
GITHUB_TOKEN from the action.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 30
"""Time limit of one call."""

LARGEST = 20_000_000
"""Bytes of an answer that are read: a hundred comments of the greatest length in JSON."""


@dataclass(frozen=True)
class Api:
    """One repository, and the token that it is asked with."""

    address: str
    repository: str
    token: str

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Api:
        """Take it from the environment of a step."""
        return cls(environ["GITHUB_API_URL"], environ["GITHUB_REPOSITORY"], environ["GITHUB_TOKEN"])

    def call(self, method: str, path: str, body: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """Call it; raises urllib.error.HTTPError for an answer that is no success."""
        request = urllib.request.Request(  # noqa: S310 - the address is GitHub's own variable
            f"{self.address}/repos/{self.repository}{path}",
            method=method,
            data=None if body is None else json.dumps({"body": body}).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
            return json.loads(answer.read(LARGEST))


def event(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read what the run is about."""
    found: dict[str, Any] = json.loads(
        Path(environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8")
    )
    return found


def say(environ: Mapping[str, str], **outputs: str) -> None:
    """Give outputs of the step; each is one line."""
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={' '.join(text.split())}\n" for name, text in outputs.items())
