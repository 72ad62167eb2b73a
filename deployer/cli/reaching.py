"""The way to an endpoint that was deployed: its address, its key, what its release promises."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deployer.cli.key_variable import key_of, settle
from deployer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.apply.target import Reached
    from deployer.release import Release
    from deployer.verify.endpoint import Endpoint


def reach(given: str, key_env: str | None) -> Reached:
    """Find the endpoint of a profile or a name, wherever it runs.

    Raises NotThere for what is not deployed, NotAsked and NotReached where that is not known,
    Failure for a release that is recorded nowhere, UsageError for a ``key_env`` that is not the
    variable of its key.
    """
    from deployer.cli.target import target_of  # noqa: PLC0415 - reads what is on record

    return target_of(given).reach(key_env, partial(settle, given=given, named=key_env))


def endpoint_at(
    url: str, profile: str | None, model: str | None, key_env: str | None
) -> tuple[Endpoint, Release | None]:
    """Give an address that was named as what is asked, and the release of a profile beside it.

    Without one nothing is promised but metrics. Whoever answers there may serve anything: no
    release is expected of it.
    """
    from deployer.verify.endpoint import Endpoint  # noqa: PLC0415 - only to ask it

    if profile is None:
        key, headers = _key_for_address(key_env), headers_at(url)
        return Endpoint(url, key, model=model, metrics=True, headers=headers), None
    from deployer.cli.reading import read_release  # noqa: PLC0415 - only for a profile

    release = read_release(profile)
    key = key_of(release.listen.api_key_variable, profile, key_env)
    endpoint = Endpoint.from_release(release, url, key, headers=headers_at(url, release))
    return replace(endpoint, release=""), release


def _key_for_address(key_env: str | None) -> str | None:
    """Give the key for an address that no profile describes; None where there is none.

    Raises UsageError where a variable was named that holds nothing: without its key everything
    would be asked as by a stranger, and that it is asked for not at all.
    """
    found = os.environ.get(key_env or "API_KEY") or None
    if key_env is not None and found is None:
        msg = f"--key-env says {key_env}, which is not set"
        raise UsageError(msg, hint="set it, or leave the option out and set API_KEY")
    return found


def refuse_model(profile: str | None, model: str | None) -> None:
    """Refuse a model beside a profile, which says itself what it serves. Raises UsageError."""
    if profile is not None and model is not None:
        msg = f"--model is about --url alone: {profile} says which model it serves"
        raise UsageError(msg, hint="leave one of the two out")


MODAL = ".modal.run"
"""How the host of an address ends that Modal gives (https://modal.com/docs/guide/webhook-urls)."""


def headers_at(url: str, release: Release | None = None) -> Mapping[str, str]:
    """Give the proxy token that Modal wants to see at an address that was named; nothing elsewhere.

    A ``release`` says whether one is asked for, and which domains are its own. Without one the
    token is sent where it stands in its two variables, as the key of `API_KEY` is. Raises Failure
    where a release asks for one and none is here, and for what is no proxy token.
    """
    parts = urlsplit(url if "//" in url else "")
    parameters = None if release is None else release.modal
    own = () if parameters is None else parameters.custom_domains
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme != "https" or not (host.endswith(MODAL) or host in own):
        return {}
    from deployer.apply.modal.proxy_token import ID, find_token, headers_for  # noqa: PLC0415

    if release is not None:
        return headers_for(release)
    token = find_token("") if os.environ.get(ID) else None
    return {} if token is None else token.headers()
