"""The secrets of a release on Modal: which are there, what is in them, and what is kept here.

What is in a secret nobody can read back: Modal tells the names of its variables, and no value.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from google.protobuf.empty_pb2 import Empty
from modal_proto import api_pb2

from deployer.apply.modal.private import Private, forget, keep, read
from deployer.apply.modal.proxy_token import ID, ProxyToken, find_token, headers_for
from deployer.apply.modal.remembering import modal_parameters
from deployer.apply.modal.rpc import NotFoundFailure, answer
from deployer.credentials import HUB_TOKEN, key_name
from deployer.errors import Failure, UsageError
from deployer.files import is_there
from deployer.serve.key import checked_key, new_key, refuse_foreign

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deployer.apply.modal.client import Account
    from deployer.release import Release

State = Literal["there", "missing", "incomplete"]


@dataclass(frozen=True, slots=True)
class Named:
    """A secret that a release names: what for, and which variables must be in it."""

    name: str
    purpose: str
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """How a secret stands on Modal: ``holds`` are the variables in it, ``lacks`` those it lacks.

    ``kept`` says where on this machine the key is that should be in it: a variable, a file, or ''.
    """

    name: str
    purpose: str
    state: State
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """How the proxy token stands: where it is kept here ('' nowhere), and whether Modal knows it.

    ``known`` is None where there is none to ask about, or the account may not list them.
    """

    kept: str
    known: bool | None
    trouble: str = ""


def named_secrets(release: Release) -> tuple[Named, ...]:
    """Name every secret of a release, once for each thing that it is for."""
    parameters, engine = modal_parameters(release), release.engine
    variable = release.listen.api_key_variable
    steps = dict.fromkeys(name for step in engine.image_steps for name in step.secrets)
    found = (
        Named(parameters.api_key_secret, "the API key", (variable,) if variable else ()),
        Named(parameters.hub_secret, "the download", (HUB_TOKEN,)),
        Named(engine.registry_secret, "the image's registry"),
        *(Named(name, "a step of the image") for name in steps),
        *(Named(one.secret, "the server", one.variables) for one in parameters.secrets),
        *(Named(one.secret, f"the bucket {one.bucket}") for one in parameters.buckets),
    )
    return tuple(one for one in found if one.name)


def look(
    account: Account, release: Release, environ: Mapping[str, str] = os.environ
) -> tuple[Seen, ...]:
    """Ask Modal how each secret stands. Raises Failure where it does not say."""
    return tuple(_seen(account, release, one, environ) for one in named_secrets(release))


def look_at_token(release: Release, environ: Mapping[str, str] = os.environ) -> Token | None:
    """Say how the proxy token stands; None where no one is asked for it."""
    parameters = modal_parameters(release)
    if not parameters.proxied:
        return None
    token = find_token(parameters.environment, environ)
    if token is None:
        return Token("", None)
    try:
        known = {one.token_id for one in answer("WebhookTokenList", Empty()).tokens}
    except Failure as failure:
        return Token(token.where, None, failure.message)
    return Token(token.where, token.id in known)


def refuse_unknown_token(release: Release) -> None:
    """Raise Failure for a token that Modal does not know; where it is not told, nothing is said."""
    token = look_at_token(release)
    if token is not None and token.known is False:
        message = f"Modal knows no proxy token as it stands in {token.kept}"
        hint = f"`modal workspace proxy-tokens list` names those there are; set {ID} anew"
        raise Failure(message, hint=hint)


def find_key(release: Release, environ: Mapping[str, str] = os.environ) -> str:
    """Give the API key of a release's server: the variable's, or the one that was made here; ''.

    Raises Failure for a file that cannot be read or holds no key.
    """
    variable = release.listen.api_key_variable
    if not variable:
        return ""
    if found := environ.get(variable, ""):
        return found
    path = key_file(release, environ)
    found = read(path) if path is not None else ""
    return checked_key(found, str(path)) if found else ""


def key_for(release: Release, *, verify: bool) -> str | None:
    """Give the key to verify with; None where nothing is to be verified.

    Raises UsageError, before any money is spent, where there is none to be had, and Failure where
    Modal asks for a proxy token and none is here.
    """
    if not verify:
        return None
    if release.modal is not None and release.modal.proxied:
        headers_for(release)
    variable, key = release.listen.api_key_variable, find_key(release)
    if variable and not key:
        secret = release.modal.api_key_secret if release.modal else ""
        message = f"the server is verified with its API key, and {variable} is not set here"
        hint = f"set {variable} to what the secret `{secret}` holds (`apply` takes --no-verify)"
        raise UsageError(message, hint=hint)
    return key


def key_file(release: Release, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Give where a key that was made here lies; None where the release has no secret for it."""
    parameters, variable = modal_parameters(release), release.listen.api_key_variable
    if not variable or not parameters.api_key_secret:
        return None
    private = Private(parameters.environment, environ)
    return private.key_file(parameters.api_key_secret, variable)


def make_key(
    account: Account,
    release: Release,
    environ: Mapping[str, str] = os.environ,
    *,
    settled: bool = False,
) -> tuple[str, Path]:
    """Make the secret of the API key, with the key that is here, or else with a new one.

    What a variable holds is taken only where its name says that it is a server's key, or where a
    person agreed to it (``settled``). Gives the key and the file that it is kept in, which is
    written first: a key that is nowhere else would be lost. Raises Failure where the secret is
    there by now, and then leaves no file.
    """
    path, variable = key_file(release, environ), release.listen.api_key_variable
    if path is None:
        message = f"`{release.name}` names no secret for its API key"
        raise Failure(message)
    refuse_foreign(variable)
    old, taken = read(path), settled or key_name(variable) == "usual"
    key = checked_key((environ.get(variable, "") if taken else "") or old or new_key(), variable)
    keep(path, key)
    name = modal_parameters(release).api_key_secret
    request = api_pb2.SecretGetOrCreateRequest(
        deployment_name=name,
        environment_name=account.environment,
        object_creation_type=api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS,
        env_dict={variable: key},
    )
    try:
        answer("SecretGetOrCreate", request)
    except Failure:
        if not old:
            forget(path)
        raise
    return key, path


def make_token(release: Release, environ: Mapping[str, str] = os.environ) -> ProxyToken:
    """Make a proxy token for a release's app, and keep it in private files. Raises Failure."""
    parameters = modal_parameters(release)
    request = api_pb2.WebhookTokenCreateRequest(name=f"deployer-{parameters.app}"[:63])
    made = answer("WebhookTokenCreate", request)
    first, second = Private(parameters.environment, environ).token_files
    keep(second, made.token_secret)
    keep(first, made.token_id)
    return ProxyToken(made.token_id, made.token_secret, str(first.parent))


def _seen(account: Account, release: Release, one: Named, environ: Mapping[str, str]) -> Seen:
    kept = ""
    if one.purpose == "the API key" and one.variables:
        path = key_file(release, environ)
        kept = str(path) if path is not None and is_there(path) else ""
        kept = f"${one.variables[0]}" if environ.get(one.variables[0]) else kept
    holds = holding(account, one.name)
    if holds is None:
        return Seen(one.name, one.purpose, "missing", lacks=one.variables, kept=kept)
    lacks = tuple(each for each in one.variables if each not in holds)
    state: State = "incomplete" if lacks else "there"
    return Seen(one.name, one.purpose, state, holds, lacks, kept)


def holding(account: Account, name: str) -> tuple[str, ...] | None:
    """Name the variables in a secret; None where there is no such secret. Raises Failure."""
    request = api_pb2.SecretGetOrCreateRequest(
        deployment_name=name, environment_name=account.environment
    )
    try:
        found = answer("SecretGetOrCreate", request)
    except NotFoundFailure:
        return None
    return tuple(found.metadata.keys)
