"""Where a key may be sent on Modal: the encrypted address that Modal itself gave for the app."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from modal.config import config

from deployer.apply.modal.proxy_token import headers_for
from deployer.errors import Failure
from deployer.verify.endpoint import Endpoint

if TYPE_CHECKING:
    from deployer.release import Release


def endpoint_of(release: Release, url: str, key: str | None) -> Endpoint:
    """Give the server of a release as what is asked: at its address, with its credentials.

    Raises Failure where Modal names no address.
    """
    refuse_unnamed(url)
    return Endpoint.from_release(release, url, key, partial(refuse_open, url), headers_for(release))


def refuse_unnamed(url: str) -> None:
    """Raise Failure where Modal names no address of a server: there is nobody to ask."""
    if not url:
        message = "Modal knows the server and names no address of it"
        raise Failure(message, hint="Modal's dashboard may show it; `deployer status` asks again")


def refuse_open(url: str) -> None:
    """Raise Failure for an address whose traffic others can read.

    A control plane on this machine, as tests have it, gives addresses on this machine.
    """
    refuse_unnamed(url)
    if urlsplit(url).scheme == "https":
        return
    if _is_here(url) and all(map(_is_here, control_planes())):
        return
    message = (
        f"Modal gives {url} as the server's address, and nothing is sent there: it is no https"
    )
    raise Failure(message, hint="look at MODAL_SERVER_URL, and at what Modal's dashboard says")


def control_planes() -> tuple[str, ...]:
    """Give the addresses of Modal itself: its client goes to whichever answers (modal 1.6.4)."""
    return tuple(one.strip() for one in str(config["server_url"]).split(","))


def _is_here(url: str) -> bool:
    try:
        return ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False
