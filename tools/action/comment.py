"""Keep one comment of a pull request up to date, from a result that is read as data.

Reads RESULT (the folder), DIGEST, COMMENT_AUTHOR and GITHUB_TOKEN. Nothing of a checkout is there.
Which pull request it is about is asked of GitHub, and its newest commit must be the one that the
result is of. The comment is known by the marker in the body's first line and by its author, so that
nobody else's text is ever overwritten. Unchanged profiles get no comment, unless an earlier one
must say so now. A token that may not write (a pull request from a fork) is no failure: the same
text stands in the summary of the check. The API: docs.github.com/rest/issues/comments.
"""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.action.github import Api, event
from tools.action.pull import Pull, about
from tools.action.result import WrongResultError, read

PER_PAGE = 100
"""Comments of one page: the most that the API gives."""

FORBIDDEN = {401, 403, 404}
"""How the API answers a token that may not write here."""


def main(environ: Mapping[str, str]) -> int:
    """Write the comment; 0 also where the token may not, 1 for anything else that went wrong."""
    try:
        result, body = read(Path(environ["RESULT"]), environ.get("DIGEST", ""))
    except WrongResultError as error:
        print(f"::error title=deployer::The result was not used: {error}")
        return 1
    api = Api.of(environ)
    try:
        pull = about(api, environ["GITHUB_EVENT_NAME"], event(environ))
        if pull is None or pull.head != result.head:
            print("No open pull request has the checked commit as its newest; nothing is said.")
            return 0
        author = environ["COMMENT_AUTHOR"]
        print(keep(api, pull, body, changed=result.changed, author=author))
    except urllib.error.HTTPError as error:
        return refused(error)
    except OSError as error:
        print(f"::error title=deployer::The comment could not be written: {error}")
        return 1
    return 0


def keep(api: Api, pull: Pull, body: str, *, changed: bool, author: str) -> str:
    """Create or update the comment, or leave all as it is; give a sentence that says which."""
    marker = body.partition("\n")[0]
    for comment in comments(api, pull):
        if comment["body"].startswith(marker) and comment["user"]["login"] == author:
            # GitHub gives the body back with its own ends of lines.
            if comment["body"].replace("\r\n", "\n").strip() == body.strip():
                return f"The comment says it already: {comment['html_url']}"
            answer = api.call("PATCH", f"/issues/comments/{int(comment['id'])}", body)
            return f"Updated {answer['html_url']}"
    if not changed:
        return "Nothing changed, so there is no comment."
    answer = api.call("POST", f"/issues/{pull.number}/comments", body)
    return f"Commented: {answer['html_url']}"


def comments(api: Api, pull: Pull) -> Iterator[dict[str, Any]]:
    """Give every comment, page after page."""
    page = 1
    while True:
        query = f"?per_page={PER_PAGE}&page={page}"
        found = api.call("GET", f"/issues/{pull.number}/comments{query}")
        yield from found
        if len(found) < PER_PAGE:
            return
        page += 1


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
