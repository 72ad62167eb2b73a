"""A stranger's request starts the GPUs.

Why it hurts: the server asks for its key in its container, so Modal starts one for whoever finds
the address, and every address on the internet is found: `GET /wp-login.php` without a key costs a
start and an idle window, and one more before that is over never lets it sleep. With a proxy token
Modal turns strangers away itself, and no container hears of them.

Instead of ``-`` write ``+``::

      modal:
    -   auth: key
    +   auth: both
        min_containers: 0

Clients then send two headers more, `Modal-Key` and `Modal-Secret`: the OpenAI SDK takes them as
`default_headers`.

Source: https://modal.com/docs/guide/webhook-proxy-auth: without the headers Modal answers 401.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.loading import loading
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import container_startup
from deployer.facts.prices import DATE, SOURCE, per_hour
from deployer.finding import Severity
from deployer.profile.partial import known


def find(case: Case) -> Iterator[Problem]:
    """Look for an app that starts from nothing, in front of which Modal asks for nothing."""
    modal = case.profile.modal
    if modal is None or case.profile.target != "modal":
        return
    if modal.auth == "key" and modal.min_containers == 0:
        yield Problem(
            ("modal", "auth"),
            f"whoever finds the address starts a container, with no key at all: {_price(case)}",
            "write `auth: both`, and clients send Modal's proxy token beside the key",
        )


def _price(case: Case) -> str:
    """Say what one such request costs: from the start to the end of the idle window."""
    modal, hardware = case.profile.modal, case.profile.hardware
    window = modal.scaledown_window if modal is not None else 0
    found = known(lambda: loading(case))
    least = window + (found.fastest if found is not None else 0.0)
    most = window + container_startup(known(lambda: case.timed) or case.profile)
    gpus = f"{hardware.count} x {hardware.gpu} for {least / 60:.0f} to {most / 60:.0f} min"
    hourly = per_hour(hardware.gpu, hardware.count)
    if hourly is None:
        return f"{gpus} (the price of {hardware.gpu} is not known here)"
    dollars = f"${least / 3600 * hourly:.2f} to ${most / 3600 * hourly:.2f}"
    return f"{gpus}, {dollars} (GPU prices of {SOURCE}, {DATE})"


RULE = Rule(
    "wakes-for-strangers",
    Severity.WARNING,
    find,
    link="https://modal.com/docs/guide/webhook-proxy-auth",
)
