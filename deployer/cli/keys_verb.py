"""`deployer keys`: the keys of a server's clients."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from deployer.apply.local.target import Here
from deployer.apply.modal.target import OnModal
from deployer.cli.completing import deployments
from deployer.cli.forms import FORM, result
from deployer.cli.layers import environment_option
from deployer.cli.target import target_of
from deployer.cli.where import on_this_machine
from deployer.errors import UsageError

if TYPE_CHECKING:
    from deployer.apply.local.keys import Changed, KeyFile


@click.command("keys")
@click.argument("name", metavar="NAME|PROFILE", shell_complete=deployments)
@click.argument("what", type=click.Choice(["list", "add", "remove", "rotate"]), default="list")
@click.argument("key", metavar="[KEY]", default="")
@FORM
@environment_option
def command(name: str, what: str, key: str, form: str) -> int:
    """List the keys of a server on this machine, or add, remove or renew the one named KEY.

    The server goes on meanwhile: its door takes a change within a second, and is asked whether it
    did. No key is shown: each lies in a file that only you can read. On Modal keys are variables of
    the secret: `API_KEY`, and `API_KEY__NAME` for each further one. Exits 2 for a key that there is
    not.
    """
    # A name is one of this machine: nobody is asked about those that are not.
    target = target_of(name) if name.endswith((".yaml", ".yml")) else Here(name)
    if isinstance(target, OnModal):
        message = f"the keys of `{target.name}` are in its secret on Modal, which cannot be read"
        hint = "put a variable API_KEY__NAME into that secret for each further key, and apply"
        raise UsageError(message, hint=hint)
    on_this_machine(target, "keys")
    if what == "list":
        return _list(target.name, key, form)
    if not key:
        message = f"which key is to be {_DONE[what]}?"
        raise UsageError(message, hint=f"`deployer keys {target.name} {what} KEY`")
    return _change(target.name, what, key, form)


_DONE = {"add": "added", "remove": "removed", "rotate": "rotated"}


def _list(name: str, key: str, form: str) -> int:
    from deployer.apply.local.keys import list_keys  # noqa: PLC0415 - only what the verb needs

    found = list_keys(name, os.environ)
    if key:
        found = tuple(each for each in found if each.name == key)
        if not found:
            message = f"`{name}` has no key `{key}`"
            raise UsageError(message, hint=f"`deployer keys {name} list` shows which there are")
    result(form, {"name": name, "keys": found}, lambda: _table(name, found))
    return 0


def _change(name: str, what: str, key: str, form: str) -> int:
    from deployer.apply.local import keys  # noqa: PLC0415 - only what the verb needs
    from deployer.apply.local.parts import DEFAULT_PARTS  # noqa: PLC0415 - as above

    act = {"add": keys.add_key, "remove": keys.remove_key, "rotate": keys.rotate_key}[what]
    done = act(name, key, os.environ, DEFAULT_PARTS)
    result(form, {"name": name, "change": done}, lambda: _said(done))
    return 0


def _table(name: str, found: tuple[KeyFile, ...]) -> str:
    if not found:
        return f"{name} asks nobody for a key."
    width = max(len(each.name) for each in found)
    return "\n".join(
        f"{each.name:<{width}}  {each.path or 'of the environment, and not stored'}"
        for each in found
    )


def _said(done: Changed) -> str:
    lines = [f"Key `{done.name}` {done.done}: {done.seen}."]
    if done.path:
        lines.append(f"`cat {shlex.quote(done.path)}` prints it.")
    return "\n".join(lines)
