"""An apply on Modal that has nothing to do: it asks all the same whether the server answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.cli.say import show, show_as, tell
from deployer.cli.status_text import seen, verified

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.seen import Observed, Recorded
    from deployer.plan.deployment import Plan


def unchanged(account: Account, plan: Plan, form: str, *, verify: bool) -> int:
    """Say how what is deployed stands now, and what is on record of its verification.

    Gives 1 where a container runs and does not answer, or where nothing says that the release ever
    kept its promises though that is wanted. A server that sleeps is left asleep.
    """
    from deployer.apply.modal.proof import look, recorded  # noqa: PLC0415 - imports modal
    from deployer.apply.modal.records import Records  # noqa: PLC0415 - as above
    from deployer.apply.seen import NOTHING  # noqa: PLC0415 - as above

    deployed = plan.standing.deployed
    answers, observed = look(account, plan.release, deployed.containers if deployed else 0)
    known = recorded(account, Records(), deployed) if deployed else NOTHING
    if form == "json":
        show(_json(plan, observed, known, answers=answers), end="")
    else:
        show_as(form, _text(plan, observed, known))
    unproven = verify and not known.verified
    if answers is False:
        tell(f"The server does not answer: `deployer logs {plan.name}` says more.")
    elif unproven:
        tell(
            f"Nothing says that it keeps its promises: `deployer verify {plan.name}` asks it, and "
            "starts a container where none runs; `--no-verify` does without."
        )
    return int(answers is False or unproven)


def _text(plan: Plan, observed: Observed, known: Recorded) -> str:
    rows = (("seen", seen(observed)), ("verified", verified(known)))
    head = f"{plan.name} is as its profile says (version {_version(plan)}); nothing was done\n"
    return head + "".join(f"  {name:<9} {value}\n" for name, value in rows)


def _json(plan: Plan, observed: Observed, known: Recorded, *, answers: bool | None) -> str:
    from deployer.codec import encode  # noqa: PLC0415 - only for this form
    from deployer.report.envelope import envelope  # noqa: PLC0415 - as above

    return envelope(
        {
            "name": plan.name,
            "app": plan.app,
            "outcome": "unchanged",
            "version": _version(plan),
            "digest": plan.digest,
            "answers": answers,
            "observed": encode(observed),
            "recorded": encode(known),
        }
    )


def _version(plan: Plan) -> int:
    return plan.standing.deployed.version if plan.standing.deployed else 0
