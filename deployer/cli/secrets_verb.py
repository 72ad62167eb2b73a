"""`deployer secrets`: which secrets of a profile are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployer.apply.modal.target import OnModal
from deployer.cli.completing import deployments
from deployer.cli.forms import FORM, result
from deployer.cli.layers import environment_option
from deployer.cli.patient import TIMEOUT
from deployer.cli.target import target_of
from deployer.errors import Failure, UsageError

if TYPE_CHECKING:
    from deployer.apply.modal.secrets import Seen, Token


@click.command("secrets")
@click.argument("name", metavar="PROFILE|NAME", shell_complete=deployments)
@FORM
@TIMEOUT
@environment_option
def command(name: str, form: str) -> int:
    """Show which Modal secrets a profile needs, whether they are there, and what is in them.

    Modal tells the names of a secret's variables, and no value. Where a key or a proxy token is
    kept on this machine is shown, and it is not. Nothing is started, and nothing changed. Exits 1
    where something is missing.
    """
    target = target_of(name)
    if not isinstance(target, OnModal):
        message = f"`{target.name}` is served on {target.where}, and has no secrets on Modal"
        raise UsageError(message, hint=f"`deployer keys {target.name}` shows its keys")
    if target.release is None:
        message = (
            f"the release of `{target.name}` is recorded nowhere, so its secrets are not known"
        )
        raise Failure(message, hint="give the path of its profile")
    account = target.account()
    from deployer.apply.modal.secrets import look, look_at_token  # noqa: PLC0415 - imports modal

    seen, token = look(account, target.release), look_at_token(target.release)
    environment = account.environment or "the one of Modal's settings"
    value = {"name": target.name, "environment": environment, "secrets": seen, "proxy_token": token}
    result(form, value, lambda: _text(target.name, environment, seen, token))
    wrong = any(one.state != "there" for one in seen)
    return int(wrong or (token is not None and (not token.kept or token.known is False)))


def _text(name: str, environment: str, seen: tuple[Seen, ...], token: Token | None) -> str:
    lines = [f"{name}, in the environment {environment}:"]
    width = max((len(one.name) for one in seen), default=0)
    for one in seen:
        said = {
            "there": f"is there, with {', '.join(one.holds) or 'no variable that Modal tells'}",
            "incomplete": f"is there, and lacks {', '.join(one.lacks)}",
            "missing": "is NOT there",
        }[one.state]
        kept = f"; here: {one.kept}" if one.kept else ""
        lines.append(f"  {one.name:<{width}}  {said} ({one.purpose}{kept})")
    if not seen:
        lines.append("  it needs no secret")
    if token is not None:
        known = {True: "and Modal knows it", False: "and Modal does NOT know it"}
        told = known.get(bool(token.known)) if token.known is not None else "and Modal did not say"
        why = f" whether it knows it: {token.trouble}" if token.trouble else ""
        there = f"is in {token.kept}, {told}{why}" if token.kept else "is NOT on this machine"
        lines.append(f"  the proxy token {there}")
    return "\n".join(lines)
