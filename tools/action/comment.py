"""Keep one comment of a pull request up to date: `python comment.py BODY_FILE changed|unchanged`.

The comment is known by the marker in the body's first line and by its author, so that nobody
else's text is ever overwritten. Unchanged profiles get no comment, unless an earlier one must say
so now. A token that may not write (a pull request from a fork) is no failure: the same text stands
in the job's summary. Standard library only: it runs before anything is installed.

The environment is GitHub's own: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH, and
GITHUB_TOKEN, COMMENT_AUTHOR, PULL_REQUEST (a number that the event does not have) from the action.
The API: docs.github.com/rest/issues/comments.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PER_PAGE = 100
"""Comments of one page: the most that the API gives."""

LONGEST = 65_536
"""Characters that GitHub takes as the body of a comment."""

FORBIDDEN = {401, 403, 404}
"""How the API answers a token that may not write here."""

SECONDS = 30
"""Time limit of one call."""


@dataclass(frozen=True)
class PullRequest:
    """Where to write: the API's address, the repository, the number, and with which token."""

    api: str
    repository: str
    number: int
    token: str

    def comments(self) -> Iterator[dict[str, Any]]:
        """Give every comment, page after page."""
        page = 1
        while True:
            query = f"?per_page={PER_PAGE}&page={page}"
            found = self.call("GET", f"/issues/{self.number}/comments{query}")
            yield from found
            if len(found) < PER_PAGE:
                return
            page += 1

    def call(self, method: str, path: str, body: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """Call the API; raises urllib.error.HTTPError for an answer that is no success."""
        request = urllib.request.Request(  # noqa: S310 - the address is GitHub's own variable
            f"{self.api}/repos/{self.repository}{path}",
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
            return json.load(answer)


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """Write the comment; 0 also where the token may not, 1 for anything else that went wrong."""
    body_file, state = arguments
    pull = pull_request(environ)
    if pull is None:
        print("This run is of no pull request, so there is nothing to comment on.")
        return 0
    body = Path(body_file).read_text(encoding="utf-8")[:LONGEST]
    try:
        print(keep(pull, body, changed=state == "changed", author=environ["COMMENT_AUTHOR"]))
    except urllib.error.HTTPError as error:
        return refused(error)
    except OSError as error:
        print(f"::error title=deployer::The comment could not be written: {error}")
        return 1
    return 0


def pull_request(environ: Mapping[str, str]) -> PullRequest | None:
    """Find the pull request that this run is about, or None."""
    event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    stated = environ.get("PULL_REQUEST", "")
    number = int(stated) if stated else event.get("pull_request", {}).get("number")
    if not isinstance(number, int):
        return None
    return PullRequest(
        api=environ["GITHUB_API_URL"],
        repository=environ["GITHUB_REPOSITORY"],
        number=number,
        token=environ["GITHUB_TOKEN"],
    )


def keep(pull: PullRequest, body: str, *, changed: bool, author: str) -> str:
    """Create or update the comment, or leave all as it is; give a sentence that says which."""
    marker = body.partition("\n")[0]
    for comment in pull.comments():
        if comment["body"].startswith(marker) and comment["user"]["login"] == author:
            # GitHub gives the body back with its own ends of lines.
            if comment["body"].replace("\r\n", "\n").strip() == body.strip():
                return f"The comment says it already: {comment['html_url']}"
            answer = pull.call("PATCH", f"/issues/comments/{comment['id']}", body)
            return f"Updated {answer['html_url']}"
    if not changed:
        return "Nothing changed, so there is no comment."
    answer = pull.call("POST", f"/issues/{pull.number}/comments", body)
    return f"Commented: {answer['html_url']}"


def refused(error: urllib.error.HTTPError) -> int:
    """Say what an answer means that is no success."""
    if error.code in FORBIDDEN:
        print(
            "::notice title=deployer::This token may not comment (as for a pull request from a "
            "fork), so the diff stands in the job's summary only."
        )
        return 0
    print(f"::error title=deployer::GitHub answered {error.code} {error.reason} to the comment.")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
