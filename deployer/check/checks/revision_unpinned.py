"""The weights are those of a branch, which moves.

Why it hurts: another download of the same profile is another model, chat template or tokenizer, and
no difference between two deployments shows it. `apply` records the commit that it found, so the
deployment can be told; the profile cannot, unless `deployer lock` has written a lock beside it.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
    -   revision: main
    +   revision: f396cf805182f4ca10fa675e1a99815b3ca384db

Source: Hugging Face hub: `main` is a branch; Modal's ``deepseek_v4_flash.py`` pins the revision.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import beside, commit, key_of
from deployer.finding import Severity
from deployer.late import compile_pattern
from deployer.profile.partial import known

HEXADECIMAL = compile_pattern(r"[0-9a-f]{4,39}")
"""The beginning of a commit, by which nobody can be asked."""


def find(case: Case) -> Iterator[Problem]:
    """Look for a revision that is no commit, where weights are downloaded."""
    model = case.profile.model
    if case.profile.target != "modal":
        return
    locked = case.lock is not None
    if model.source == "huggingface" and not (commit(case.profile) or locked):
        stated = "revision" in model.model_fields_set
        key = ("model", "revision") if stated else ("model", "repo")
        yield _problem(key, model.repo, model.revision)
    for one in known(lambda: beside(case.profile)) or ():
        if not (one.commit or locked):
            yield _problem(key_of(one), one.repo, one.revision)


def _problem(key: tuple[str, ...], repo: str, revision: str) -> Problem:
    named = "HEAD" if HEXADECIMAL.fullmatch(revision) else revision
    return Problem(
        key,
        f"`{revision}` of {repo} can move: another download may be another model",
        f"write a commit, 40 hexadecimal digits: `git ls-remote https://huggingface.co/{repo} "
        f"{named}` says it; or let `deployer lock` keep it beside the profile",
    )


RULE = Rule(
    "revision-unpinned",
    Severity.WARNING,
    find,
    link="https://huggingface.co/docs/huggingface_hub/guides/download",
)
