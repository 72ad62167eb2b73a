"""Profiles as text, for tests of what becomes of them."""

from __future__ import annotations

import textwrap

from deployer.upgrade.notes import Kind, Upgrade
from deployer.upgrade.upgrade import upgrade

HEAD = """\
name: x
target: local
model: {repo: a/b, path: /models/b, served_name: b}
hardware: {gpu: H100, count: 8}
"""


def profile(rest: str) -> str:
    """Give a whole profile whose engine and further sections are these.

    From Python 3.14 on ``dedent`` makes an empty line that ends in CRLF end in LF.
    """
    return HEAD + (textwrap.dedent(rest) if rest[:1].isspace() else rest)


def upgraded(rest: str, version: str) -> Upgrade:
    """Upgrade a profile, and be sure that upgrading the result changes nothing any more."""
    done = upgrade(profile(rest), "x.yaml", version)
    again = upgrade(done.text, "x.yaml", version)
    assert again.text == done.text
    return done


def rest_of(done: Upgrade) -> str:
    """Give what the upgrade made of the part that :func:`profile` was given."""
    assert done.text.startswith(HEAD)
    return done.text.removeprefix(HEAD)


def told(done: Upgrade, kind: Kind) -> dict[str, str]:
    """Give the notes of a kind: what became of each key."""
    return {note.path: note.after for note in done.notes if note.kind is kind}
