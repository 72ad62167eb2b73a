"""Verbs that are about Modal only, and what they say of anything else."""

from __future__ import annotations

from deployer.apply.modal.target import OnModal
from deployer.apply.target import Target
from deployer.cli.say import ask, can_ask
from deployer.errors import Failure, UsageError


def on_modal(target: Target, verb: str) -> OnModal:
    """Give a deployment on Modal; raises UsageError for one elsewhere."""
    if not isinstance(target, OnModal):
        message = f"`{verb}` is about Modal, and `{target.name}` is for {target.where}"
        raise UsageError(message, hint=f"`deployer status {target.name}` says how it stands")
    return target


def consent(question: str, *, yes: bool, option: str = "--yes") -> None:
    """Ask before money is spent or something is lost; nobody is asked without a terminal.

    Raises UsageError there, unless ``option`` was given (``yes``), and Failure where somebody says
    no.
    """
    if yes:
        return
    if not can_ask():
        message = f"there is no terminal to ask at: {question}"
        raise UsageError(message, hint=f"`{option}` answers it")
    if not ask(question):
        message = "nothing was done, as you said"
        raise Failure(message)
