"""One HTTP request to a hub or a registry, and what its failures mean."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from deployer.errors import Failure
from deployer.late import compile_pattern
from deployer.serve.weights.pace import Later
from deployer.serve.weights.patient import within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest, Response

    from deployer.serve.weights.pace import Pace

TIMEOUT, TOO_MANY, BROKEN = 408, 429, 500
_NO_ADDRESS = requests.exceptions.MissingSchema | requests.exceptions.InvalidSchema
_SECONDS = compile_pattern(r"[0-9]{1,9}")
_RESET = compile_pattern(r"\br=0\b.*\bt=([0-9]{1,9})\b")


class Asker:
    """Somebody who is asked: ``name`` is their host, ``look_at`` what to look at if it is wrong.

    ``token`` goes to the host of the address that is asked, and to no other that it redirects to.
    """

    def __init__(self, name: str, pace: Pace, token: str = "", look_at: str = "") -> None:
        self.name = name
        self._pace = pace
        self._token = token
        self._look_at = look_at

    def ask(self, url: str, headers: Mapping[str, str], method: str = "GET") -> Response:
        """Ask, and give the answer's head. Raises :class:`Failure` or :class:`Later`."""

        def send() -> Response:
            return requests.request(
                method,
                url,
                # Compressed on the way, a range would count other bytes than the file's.
                headers={"Accept-Encoding": "identity", **headers},
                auth=self._authorize,
                timeout=(self._pace.connect_timeout, self._pace.read_timeout),
                stream=True,
            )

        try:
            return within(self._pace.answer, send, self.name)
        except (requests.RequestException, ValueError) as error:
            raise self._unreached(error) from None

    def _unreached(self, error: Exception) -> Exception:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            message = f"the certificate of {self.name} is not trusted here"
            return Failure(message, hint="name your own authority in REQUESTS_CA_BUNDLE")
        if isinstance(error, requests.ConnectionError):
            return Later(f"{self.name} cannot be reached")
        if isinstance(error, requests.Timeout):
            return Later(f"{self.name} does not answer")
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            return Later(f"{self.name} broke its answer off")
        if isinstance(error, requests.exceptions.InvalidURL | _NO_ADDRESS):
            message = f"{self.name} is asked at an address that is none"
            return Failure(message, hint=f"{self._look_at}, and write `https://HOST`")
        message = f"{self.name} cannot be asked: {type(error).__name__}"
        return Failure(message, hint=self._look_at)

    def _authorize(self, request: PreparedRequest) -> PreparedRequest:
        # Given as `auth` also without a token: requests would look into ~/.netrc otherwise.
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def asked_later(who: str, response: Response) -> Later | None:
    """Give what is worth another attempt: too often, too slow, broken; None for another answer."""
    status = response.status_code
    if status in {TIMEOUT, TOO_MANY} or status >= BROKEN:
        return Later(f"{who} answers {status}", _asked(response.headers))
    return None


def is_token(text: str) -> bool:
    """Whether a text can be a token: what else there is would end, or begin, another header."""
    return text.isascii() and text.isprintable()


def host_of(address: str, otherwise: str) -> str:
    """Give host and port of an address, without a name and a password that it may have."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return otherwise
    host = parts.hostname or otherwise
    return f"{host}:{port}" if port else host


def _asked(headers: Mapping[str, str]) -> float | None:
    """Give the seconds that a hub asks to wait: ``Retry-After``, or the end of its window.

    The latter is the IETF's draft of RateLimit headers, which the Hugging Face hub speaks
    (``parse_ratelimit_headers`` in huggingface_hub 2.4.0).
    """
    plain = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(plain):
        return float(plain)
    window = _RESET.search(headers.get("RateLimit", ""))
    return float(window[1]) if window else None
