"""The token that Modal asks for in front of an app, before it starts a container.

It travels in two headers (https://modal.com/docs/guide/webhook-proxy-auth); whoever has none, or a
wrong one, gets 401 from Modal itself, and no container hears of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.apply.modal.private import Private, read
from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.release import Release

ID, SECRET = "MODAL_PROXY_TOKEN_ID", "MODAL_PROXY_TOKEN_SECRET"
"""The variables that hold its two halves."""

KEY_HEADER, SECRET_HEADER = "Modal-Key", "Modal-Secret"

API_TOKEN = ("ak-", "as-")
"""How the halves of a token for Modal's own interface begin, which opens the whole workspace."""

MAKES_ONE = (
    "`modal workspace proxy-tokens create` makes one, and so does `deployer apply`, if asked"
)


@dataclass(frozen=True, slots=True)
class ProxyToken:
    """A proxy token, and ``where`` it was found; neither half is in ``repr``."""

    id: str = field(repr=False)
    secret: str = field(repr=False)
    where: str = ""

    def headers(self) -> dict[str, str]:
        """Give what a client sends."""
        return {KEY_HEADER: self.id, SECRET_HEADER: self.secret}


def find_token(environment: str, environ: Mapping[str, str] = os.environ) -> ProxyToken | None:
    """Find the token: in the variables, or else in the private files; None where there is none.

    Raises Failure for half a token, and for what is none.
    """
    names = (ID, SECRET)
    halves = [environ.get(name, "").strip() for name in names]
    where = f"{ID} and {SECRET}"
    if not any(halves):
        files = Private(environment, environ).token_files
        halves = [read(each) for each in files]
        names, where = (str(files[0]), str(files[1])), str(files[0].parent)
    if not any(halves):
        return None
    for name, half, wrong in zip(names, halves, API_TOKEN, strict=True):
        _refuse(name, half, wrong)
    return ProxyToken(halves[0], halves[1], where)


def headers_for(release: Release, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give what Modal wants to see before it lets a request through to a release; often nothing.

    Raises Failure where a token is wanted and none is here.
    """
    parameters = release.modal
    if parameters is None or not parameters.proxied:
        return {}
    token = find_token(parameters.environment, environ)
    if token is None:
        message = f"Modal asks for a proxy token in front of `{release.name}`, and none is here"
        raise Failure(message, hint=f"set {ID} and {SECRET}; {MAKES_ONE}")
    return token.headers()


def _refuse(name: str, half: str, wrong: str) -> None:
    if not half:
        message = f"half of the proxy token is missing: {name} holds nothing"
        raise Failure(message, hint="the ID begins with `wk-`, the secret with `ws-`")
    if half.startswith(wrong):
        message = f"{name} holds a token for Modal's own interface, and is sent to no server"
        raise Failure(message, hint=f"a proxy token is another thing: {MAKES_ONE}")
    if not all("!" <= character <= "~" for character in half):
        message = f"{name} holds a space, a control or a non-ASCII character"
        raise Failure(message, hint="look for a line end at its end")
