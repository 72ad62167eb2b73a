"""The weights need an agreement, and no secret brings a token of who agreed.

Why it hurts: the hub answers the download with 401, after the app is deployed.

Instead of ``-`` write ``+``::

      model:
        repo: meta-llama/Llama-3.3-70B-Instruct
      modal:
        app: llama
    +   hub_secret: huggingface-secret

Source: Hugging Face, gated models: a download needs the token of an account that was let in.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import beside, key_of
from deployer.finding import Severity
from deployer.profile.partial import known

GATED = ("meta-llama/", "google/gemma", "mistralai/Mistral-Large", "CohereLabs/", "CohereForAI/")
"""How repositories begin that were gated when this was written, November 2026."""


def find(case: Case) -> Iterator[Problem]:
    """Look for a gated repository without a token for the download."""
    if case.profile.modal is None or case.profile.modal.hub_secret is not None:
        return
    named = [(key_of(one), one.repo) for one in known(lambda: beside(case.profile)) or ()]
    if case.profile.model.source == "huggingface":
        named.insert(0, (("model", "repo"), case.profile.model.repo))
    for key, repo in named:
        if repo.startswith(GATED):
            yield Problem(
                key,
                f"{repo} is gated, and the download has no token",
                "set `modal.hub_secret` to a Modal secret that holds HF_TOKEN",
            )


RULE = Rule(
    "gated-without-token",
    Severity.WARNING,
    find,
    link="https://huggingface.co/docs/hub/models-gated",
)
