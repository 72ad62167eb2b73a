"""The hub over HTTP: the list of a commit's files, and their bytes from any offset on.

Plain HTTP ranges: what a download that is killed goes on by, and what one goes on by where
huggingface_hub stalls (``docs/decisions/0006-download-by-ranges.md``). Files in Xet storage come
over plain HTTP too, up to 50 GB each (huggingface_hub 2.4.0, ``MAX_HTTP_DOWNLOAD_SIZE``).

The token goes to the hub alone: a redirect to another host is followed without it. No exception
and no message here carries an address that a redirect gave, for such an address is a pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from deployer.codec import read_json
from deployer.credentials import HUB_TOKEN
from deployer.errors import Failure
from deployer.late import compile_pattern
from deployer.serve.weights.asking import Asker, asked_later, host_of, is_token
from deployer.serve.weights.pace import PACE, Later, Pace
from deployer.serve.weights.patient import whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import Response

ENDPOINT = "https://huggingface.co"
"""The hub, unless the environment says another one."""

ENDPOINT_VARIABLE = "HF_ENDPOINT"

_OK = 200
_PARTIAL = 206
_BAD_RANGE = 416
_UNAUTHORIZED, _FORBIDDEN, _MISSING = 401, 403, 404
_RANGE = compile_pattern(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")

LARGEST = 64_000_000
"""Bytes of a list of files that are read: about 250 for each, so a quarter of a million files."""


class Hub:
    """A hub, and the token that is shown to it ('' is none). ``name`` is its host, for messages.

    Raises :class:`Failure` for a token that cannot be one.
    """

    def __init__(self, endpoint: str, token: str, pace: Pace = PACE) -> None:
        if not is_token(token):
            message = f"{HUB_TOKEN} holds characters that no token has"
            raise Failure(message, hint="copy the token again")
        self._endpoint = endpoint.rstrip("/")
        self._token = token
        self.name = host_of(self._endpoint, ENDPOINT_VARIABLE)
        self._pace = pace
        self._asker = Asker(self.name, pace, token, f"look at {ENDPOINT_VARIABLE}")
        self._storage = Asker(f"the storage behind {self.name}", pace)

    @property
    def endpoint(self) -> str:
        """The hub's address."""
        return self._endpoint

    @property
    def token(self) -> str:
        """The token; '' is none."""
        return self._token

    @classmethod
    def of(cls, environ: Mapping[str, str], pace: Pace = PACE) -> Hub:
        """Find the hub and the token in an environment."""
        endpoint = environ.get(ENDPOINT_VARIABLE, "").strip() or ENDPOINT
        return cls(endpoint, environ.get(HUB_TOKEN, "").strip(), pace)

    def listing(self, repo: str, revision: str, *, files: bool = True) -> object:
        """Get what the hub says of a revision, with all that it states of files if they matter.

        Raises :class:`Failure` or :class:`Later`.
        """
        url = f"{self._endpoint}/api/models/{quote(repo)}/revision/{quote(revision, safe='')}"
        with self._asker.ask(f"{url}?blobs=true" if files else url, {}) as response:
            if response.status_code != _OK:
                raise self._refusal(response, f"revision {revision} of {repo}", repo)
            return self._json(response)

    def open(self, repo: str, commit: str, path: str, offset: int) -> tuple[Response, int]:
        """Ask for a file's bytes from an offset on; also give the offset that they begin at.

        That is 0 where the hub sends the whole file whatever it was asked for. Raises
        :class:`Failure` or :class:`Later`.
        """
        url = self._address(repo, commit, path)
        response = self._asker.ask(url, {"Range": f"bytes={offset}-"} if offset else {})
        if response.status_code == _OK:
            return response, 0
        if response.status_code == _PARTIAL and _begins(response) == offset:
            return response, offset
        with response:
            raise self._refusal(response, f"the file {path} of {repo}", repo)

    def span(
        self, repo: str, commit: str, path: str, start: int, end: int, storage: str = ""
    ) -> tuple[Response, str]:
        """Ask for the bytes of a file from ``start`` to before ``end``.

        Also give the address of the storage that sends them, '' where the hub does itself: the hub
        counts what it is asked (429), and for the next span of this file the storage is asked at
        its own, ``storage``, without the token. Raises :class:`Failure` or :class:`Later`.
        """
        asker = self._storage if storage else self._asker
        url = storage or self._address(repo, commit, path)
        response = asker.ask(url, {"Range": f"bytes={start}-{end - 1}"})
        whole = response.status_code == _OK and start == 0
        if whole or (response.status_code == _PARTIAL and _begins(response) == start):
            return response, response.url if self._is_elsewhere(response) else ""
        with response:
            raise self._refusal(response, f"the file {path} of {repo}", repo)

    def document(self, repo: str, commit: str, path: str, largest: int = LARGEST) -> bytes:
        """Read a small file of a commit to its end.

        Raises :class:`Failure`, also for one of more than ``largest`` bytes, or :class:`Later`.
        """
        response, _ = self.open(repo, commit, path, 0)
        with response:
            return whole(response, self._pace, f"the file {path} of {repo}", largest)

    def _json(self, response: Response) -> object:
        try:
            return read_json(whole(response, self._pace, f"the answer of {self.name}", LARGEST))
        except ValueError:
            message = f"{self.name} does not answer as a hub does"
            raise Failure(message, hint=f"look at {ENDPOINT_VARIABLE}") from None

    def _refusal(self, response: Response, what: str, repo: str) -> Exception:
        if later := asked_later(self.name, response):
            return later
        status = response.status_code
        if self._is_elsewhere(response):
            # The pass in a redirect's address runs out; the hub gives a new one.
            return Later(f"the storage behind {self.name} answers {status}")
        if status in {_OK, _PARTIAL, _BAD_RANGE}:
            return Later(f"{self.name} sends another part of the file than it was asked for")
        if status not in {_UNAUTHORIZED, _FORBIDDEN, _MISSING}:
            return Failure(f"{self.name} answers {status} for {what}")
        return self._denial(response, what, repo)

    def _address(self, repo: str, commit: str, path: str) -> str:
        return f"{self._endpoint}/{quote(repo)}/resolve/{commit}/{quote(path)}"

    def _is_elsewhere(self, response: Response) -> bool:
        return urlsplit(response.url).netloc != urlsplit(self._endpoint).netloc

    def _denial(self, response: Response, what: str, repo: str) -> Failure:
        """Describe an answer 401, 403 or 404 by the hub's own code for it."""
        code = response.headers.get("X-Error-Code", "")
        give = f"put a token that may read {repo} into {HUB_TOKEN} (on Modal: into the secret"
        give += " that `modal.hub_secret` names)"
        mine = f"the token in {HUB_TOKEN}" if self._token else f"no token ({HUB_TOKEN})"
        if code in {"EntryNotFound", "RevisionNotFound"}:
            return Failure(f"{self.name} has no {what.removeprefix('the ')}")
        if code == "GatedRepo":
            ask = f"accept the terms of {repo} on the hub, then {give}"
            return Failure(f"{repo} is gated, and {self.name} refuses {mine}", hint=ask)
        if code == "RepoNotFound" or response.status_code == _MISSING:
            unknown = (
                f"{self.name} knows no {repo}, or shows it not to everybody: asked with {mine}"
            )
            return Failure(unknown, hint=f"look at the name; if it is private, {give}")
        return Failure(f"{self.name} refuses {mine} ({response.status_code}) for {what}", hint=give)


def _begins(response: Response) -> int | None:
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None
