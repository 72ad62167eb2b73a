"""Verbs that are about Modal only, and what they say of anything else."""

from __future__ import annotations

from deployer.apply.local.target import Here
from deployer.apply.modal.target import OnModal
from deployer.cli.say import ask, can_ask
from deployer.cli.target import Deployed
from deployer.errors import Failure, UsageError


def on_modal(target: Deployed, verb: str) -> OnModal:
    """Give a deployment on Modal; raises UsageError for one on this machine."""
    if isinstance(target, Here):
        message = f"`{verb}` is about Modal, and `{target.name}` is for this machine"
        raise UsageError(message, hint=f"`deployer status {target.name}` says how it stands")
    return target


class Declined(Failure):
    """Somebody was asked, and said no."""

    def __init__(self) -> None:
        super().__init__("nothing was done, as you said")


def agreed(question: str, *, yes: bool, option: str = "--yes") -> bool:
    """Ask before money is spent or something is lost; nobody is asked without a terminal.

    Raises UsageError there, unless ``option`` was given (``yes``).
    """
    if yes:
        return True
    if not can_ask():
        message = f"there is no terminal to ask at: {question}"
        raise UsageError(message, hint=f"`{option}` answers it")
    return ask(question)
