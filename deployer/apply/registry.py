"""What an image's tag means today: its registry's answer, by the distribution API.

Docker Hub, ghcr.io, quay.io and others speak it alike (opencontainers/distribution-spec 1.1,
"Pulling manifests"; distribution/distribution, "Token Authentication"): `HEAD` of the manifest, a
challenge, an anonymous token from where the challenge says, `HEAD` again. For several platforms it
is the digest of their list that counts, which a reference pins. No credential is used or looked
for: Modal pulls the image of a profile without one, too.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from deployer.apply.hub import PACE
from deployer.codec import DecodeError, read_json
from deployer.errors import Failure
from deployer.late import compile_pattern
from deployer.lock import reference
from deployer.lock.reference import Reference
from deployer.serve.weights.asking import Asker, asked_later, host_of, is_token
from deployer.serve.weights.pace import Gate, Later, Pace, Patience
from deployer.serve.weights.patient import whole

if TYPE_CHECKING:
    from requests import Response

ACCEPT = (
    "application/vnd.oci.image.index.v1+json"
    ", application/vnd.docker.distribution.manifest.list.v2+json"
    ", application/vnd.oci.image.manifest.v1+json"
    ", application/vnd.docker.distribution.manifest.v2+json"
)
"""What a manifest may be; a list of several platforms first."""

LARGEST = 4_000_000
"""Bytes of a manifest and of a token's answer (the specification's own bound for manifests)."""

_NOT_ONE = "look at `engine.image`: this is no answer of a registry"
_OK, _UNAUTHORIZED, _FORBIDDEN, _MISSING, _NO_METHOD = 200, 401, 403, 404, 405
_DIGEST = compile_pattern("sha256:[0-9a-f]{64}")
_CHALLENGE = compile_pattern(r'bearer\s+((?:[a-z_]+="[^"]*"(?:\s*,\s*)?)+)', re.IGNORECASE)
_PARAMETER = compile_pattern(r'([a-z_]+)="([^"]*)"', re.IGNORECASE)
_LOOPBACK = compile_pattern(r"(localhost|127\.\d+\.\d+\.\d+)(:\d+)?")


def digest(image: str, *, pace: Pace = PACE) -> str:
    """Give the digest, `sha256:...`, of the manifest that a reference means now.

    A digest in it is asked for, so that it is there. Raises :class:`Failure`: no such image or
    tag, none that everybody may pull, the registry out of reach or asked too often.
    """
    found = reference.read(image)
    if found is None:
        message = f"{image} is no reference of an image"
        raise Failure(message)
    registry = _Registry(found, pace)
    patience = Patience(f"asking {found.host} for {image}", pace, Gate())
    return patience.until_done(registry.digest)


class _Registry:
    def __init__(self, image: Reference, pace: Pace) -> None:
        self._image = image
        self._pace = pace
        self._token = ""
        # As Docker has it: a registry on this very machine needs no certificate.
        scheme = "http" if _LOOPBACK.fullmatch(image.host) else "https"
        what = image.digest or image.tag or "latest"
        self._url = f"{scheme}://{image.host}/v2/{image.path}/manifests/{what}"

    def digest(self) -> str:
        """Ask for the manifest's head, and for itself where that does not say its digest."""
        self._token = ""
        return self._asked("HEAD") or self._asked("GET")

    def _asked(self, method: str) -> str:
        with self._manifest(method) as answer:
            if answer.status_code != _UNAUTHORIZED or self._token:
                return self._digest_of(answer, method)
            self._token = self._new_token(answer)
        return self._asked(method)

    def _digest_of(self, answer: Response, method: str) -> str:
        """Give what the head says, or what the bytes come to; '' where a head says nothing."""
        if method == "GET":
            self._refuse(answer)
            return self._reckoned(answer)
        if answer.status_code == _NO_METHOD:
            return ""
        self._refuse(answer)
        found = answer.headers.get("Docker-Content-Digest", "")
        return self._agreed(found) if _DIGEST.fullmatch(found) else ""

    def _manifest(self, method: str) -> Response:
        asker = Asker(self._image.host, self._pace, self._token, "look at `engine.image`")
        return asker.ask(self._url, {"Accept": ACCEPT}, method)

    def _reckoned(self, answer: Response) -> str:
        """Give the digest of the manifest's own bytes."""
        content = whole(
            answer, self._pace, f"the manifest of {self._image.name}", LARGEST, hint=_NOT_ONE
        )
        return self._agreed(f"sha256:{hashlib.sha256(content).hexdigest()}")

    def _agreed(self, found: str) -> str:
        if self._image.digest not in {"", found}:
            message = f"{self._image.host} answers with {found} for {self._image.digest}"
            raise Failure(message, hint="something between here and the registry changes it")
        return found

    def _new_token(self, answer: Response) -> str:
        """Get the token that anybody gets, from where the registry's challenge says."""
        match = _CHALLENGE.match(answer.headers.get("WWW-Authenticate", ""))
        said = dict(_PARAMETER.findall(match[1])) if match else {}
        realm = said.get("realm", "")
        if not _may_be_asked(realm):
            raise self._not_for_all()
        query = urlencode({
            "service": said.get("service", ""),
            "scope": said.get("scope") or f"repository:{self._image.path}:pull",
        })  # fmt: skip
        who = Asker(host_of(realm, self._image.host), self._pace, "", "look at `engine.image`")
        with who.ask(f"{realm}?{query}", {}) as given:
            if later := asked_later(who.name, given):
                raise later
            if given.status_code != _OK:
                raise self._not_for_all()
            return _token(
                whole(given, self._pace, f"the answer of {who.name}", LARGEST, hint=_NOT_ONE),
                who.name,
            )

    def _refuse(self, answer: Response) -> None:
        if later := asked_later(self._image.host, answer):
            raise later
        if answer.status_code == _OK:
            return
        if answer.status_code in {_UNAUTHORIZED, _FORBIDDEN}:
            raise self._not_for_all()
        name, host = self._image.name, self._image.host
        if answer.status_code == _MISSING:
            what = self._image.digest or f"tag `{self._image.tag or 'latest'}`"
            message = f"{host} has no {what} of {name}"
            raise Failure(message, hint="look at `engine.image`")
        message = f"{host} answers {answer.status_code} for {name}"
        raise Failure(message)

    def _not_for_all(self) -> Failure:
        message = f"{self._image.host} does not show {self._image.name} to everybody"
        hint = "there is no such image, or it is private; Modal pulls it without credentials, too"
        return Failure(message, hint=hint)


def _may_be_asked(realm: str) -> bool:
    """Whether a token may come from there: over TLS, or from this machine, and nowhere else."""
    try:
        parts = urlsplit(realm)
    except ValueError:
        return False
    loopback = parts.scheme == "http" and _LOOPBACK.fullmatch(parts.netloc) is not None
    return bool(parts.hostname) and (parts.scheme == "https" or loopback)


def _token(content: bytes, who: str) -> str:
    try:
        found = read_json(content)
    except DecodeError:
        found = None
    if isinstance(found, dict):
        token = found.get("token") or found.get("access_token")
        if isinstance(token, str) and token and is_token(token):
            return token
    message = f"{who} gives no token"
    raise Later(message)
