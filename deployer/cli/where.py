"""Verbs that are about one target only, and what they say of anything else."""

from __future__ import annotations

from deployer.apply.local.target import Here
from deployer.apply.modal.target import OnModal
from deployer.apply.target import Target
from deployer.cli.say import ask, can_ask
from deployer.errors import Failure, UsageError


def on_modal(target: Target, verb: str) -> OnModal:
    """Give a deployment on Modal; raises UsageError for one elsewhere."""
    if not isinstance(target, OnModal):
        raise _elsewhere(target, verb, OnModal.where)
    return target


def on_this_machine(target: Target, verb: str) -> Here:
    """Give a deployment on this machine; raises UsageError for one elsewhere."""
    if not isinstance(target, Here):
        raise _elsewhere(target, verb, Here.where)
    return target


def _elsewhere(target: Target, verb: str, about: str) -> UsageError:
    message = f"`{verb}` is about {about}, and `{target.name}` is for {target.where}"
    return UsageError(message, hint=f"`deployer status {target.name}` says how it stands")


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
