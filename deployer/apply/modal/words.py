"""What Modal's client raises, in words that say what to do."""

from __future__ import annotations

import re

import modal
from grpclib.exceptions import ProtocolError, StreamTerminatedError
from h2.exceptions import H2Error

from deployer.apply.unseen import GOES_ON
from deployer.errors import Failure, NotReached
from deployer.late import compile_pattern

_SILENT = (
    modal.exception.ConnectionError,
    modal.exception.ServiceError,
    modal.exception.InternalError,
    OSError,  # TimeoutError among them
    ProtocolError,
    StreamTerminatedError,
    H2Error,
)
"""What says that there was no answer, rather than what the answer was."""

_SECRET = compile_pattern(r"Secret '?(?P<name>[\w.-]+)'?")
_LIMITS = (
    (
        r"(?i)\brate\b|too many requests|throttl|slow down",
        "Modal bounds how often it is asked: wait a minute, and try again",
    ),
    (
        r"(?i)\bgpus?\b|concurren",
        "https://modal.com/settings shows the plan: 10 GPUs at a time on Starter, 50 on Team",
    ),
    (
        r"(?i)budget|spend|billing|credit",
        "https://modal.com/settings shows what the workspace may spend, and has spent",
    ),
    ("", "https://modal.com/settings shows the workspace's limits"),
)
"""Which of Modal's limits a text speaks of, the particular ones first, and what mends that."""

_LIMIT = compile_pattern(r"(?i)limit|quota|exceed|exhaust|too many requests|throttl|slow down")
"""What says that a limit is spoken of at all: an unknown GPU is none."""


def in_words(error: BaseException) -> Failure:
    """Turn an exception of Modal's client into a :class:`Failure` with what mends it."""
    if isinstance(error, Failure):
        return error
    text = " ".join(str(error).split()) or type(error).__name__
    kind = NotReached if isinstance(error, _SILENT) else Failure
    return kind(f"Modal: {text}", hint=_hint(error, text))


def secret_hint(name: str, variable: str, *, made_up: bool) -> str:
    """Say how a secret is made: with a value that is made up, or one that the user has."""
    value = "$(openssl rand -hex 24)" if made_up else "..."
    return f"`modal secret create {name} {variable or 'NAME'}={value}` makes it"


def _hint(error: BaseException, text: str) -> str:  # noqa: PLR0911 - a table with conditions
    exceptions = modal.exception
    if isinstance(error, exceptions.AuthError):
        return "`modal token new` makes a token; `modal token info` says what there is"
    if found := _SECRET.search(text):
        return f"`modal secret create {found['name']} NAME=...` makes it, in the right environment"
    if "nvironment" in text and isinstance(error, exceptions.NotFoundError):
        return "`modal environment list` names the environments; `modal.environment` chooses one"
    if isinstance(error, _SILENT):
        return GOES_ON
    if isinstance(error, exceptions.ResourceExhaustedError) or _LIMIT.search(text):
        return next(hint for form, hint in _LIMITS if re.search(form, text))
    if isinstance(error, exceptions.PermissionDeniedError):
        return "the token's workspace or environment does not allow it"
    if isinstance(error, exceptions.ImageBuildError):
        return "the build's output above says why; the image's tag may not exist"
    return ""
