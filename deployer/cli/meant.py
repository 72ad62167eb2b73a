"""Which verb was meant by a word that is none: what is known of other tools first, then likeness.

Likeness never leads to a verb that ends or replaces what runs: `deploy` looks like `destroy`, and
whoever follows a hint should lose nothing by it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

KNOWN = {
    "apply": ("create", "deploy", "launch", "push", "run", "serve", "start", "up"),
    "destroy": ("delete", "down", "kill", "remove", "rm", "stop", "teardown", "undeploy"),
    "check": ("lint", "test", "validate"),
    "status": ("list", "ls", "ps", "show"),
    "logs": ("log", "tail"),
    "rollback": ("revert", "undo"),
    "compile": ("build", "generate", "render", "template"),
    "plan": ("dryrun", "preview"),
    "diff": ("changes", "compare"),
    "cost": ("price", "prices", "pricing"),
    "bench": ("benchmark",),
    "predict": ("estimate",),
    "verify": ("probe", "smoke"),
    "init": ("begin", "new", "quickstart", "scaffold"),
    "import": ("adopt", "convert"),
    "engine": ("install", "uninstall"),
    "history": ("releases", "versions"),
    "upgrade": ("bump", "migrate", "update"),
    "explain": ("doc", "docs", "why"),
}
"""Each verb with the words that other tools have for it (docker, docker compose, kubectl, helm,
terraform, pip, git, ruff)."""

SPOKEN = {
    "help": "`deployer --help` lists the verbs, and `deployer VERB --help` says more of one.",
    "version": "`deployer --version` says it.",
}
"""Words that are answered by a sentence."""

HARMFUL = frozenset({"destroy", "rollback"})
"""Verbs that end or replace what runs: only knowledge leads to them, never likeness."""


def hint(word: str, verbs: Iterable[str]) -> str:
    """Say what to write instead of a word that is no verb; the empty text where nobody knows."""
    plain = word.lower().replace("-", "").replace("_", "")
    if spoken := SPOKEN.get(plain):
        return spoken
    named = tuple(verbs)
    known = (verb for verb in named if plain == verb or plain in KNOWN.get(verb, ()))
    if (verb := next(known, "")) or (verb := _like(plain, named)):
        return f"Did you mean `{verb}`?"
    return ""


def _like(word: str, verbs: Iterable[str]) -> str:
    """Give the verb that a word is a slip of: a letter or two of a verb that harms nothing."""
    near = difflib.get_close_matches(word, list(verbs), n=1)
    return "".join(near) if near and near[0] not in HARMFUL else ""
