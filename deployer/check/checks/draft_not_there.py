"""Speculation with a draft that is not there, or of another kind.

Why it hurts: without a draft model the engine takes the model itself for its own draft. Where the
checkpoint brings no layers for that, the weights are loaded twice and the start ends with an
AttributeError, minutes of every GPU later. A draft of EAGLE3 has inputs that EAGLE does not give.

Instead of ``-`` write ``+``::

      model:
        repo: Qwen/Qwen3-32B
      hardware:
        gpu: H100
        count: 4
      speculative:
        algorithm: EAGLE3
        num_steps: 3
        eagle_topk: 1
    +   draft_model: AngelSlim/Qwen3-32B_eagle3

Source: sgl-project/sglang#36528 (read: EAGLE3, EAGLE and NEXTN without a draft on Qwen and Llama;
open in August 2026); 0.5.23 ``arg_groups/speculative_hook.py`` and ``configs/model_config.py``, the
classes that have a draft of their own (``deployer/facts/sglang/drafting.py``). Where nothing is
known of the model, only algorithms that always need a draft are judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.checkpoints import DRAFT
from deployer.behaviour.speculation import ALGORITHM, EAGLE
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.drafting import COUNTS, NEEDS_DRAFT, OWN_DRAFT
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the algorithm with the draft, and with what the checkpoint brings."""
    asked, draft = case.said.option(ALGORITHM), case.said.option(DRAFT)
    if asked is None:
        return
    if draft is not None:
        if wrong := _other_kind(case, asked.value):
            yield Problem(draft.path, *wrong)
    elif asked.value in NEEDS_DRAFT:
        yield Problem(
            asked.path,
            f"`{asked.value}` drafts with a model of its own, and none is named",
            "name it: `speculative.draft_model`",
        )
    elif asked.value in EAGLE and _brings_none(case):
        yield Problem(
            asked.path,
            f"`{asked.value}` drafts with layers that the checkpoint brings, and "
            f"{case.profile.model.repo} brings none",
            "name a draft model, `speculative.draft_model`, or leave `speculative` out",
        )


def _other_kind(case: Case, algorithm: str) -> tuple[str, str] | None:
    """Say what is wrong with a draft whose class is known: EAGLE and EAGLE3 are not the same."""
    known = case.checkpoints.draft
    said = known.config.get("architectures") if known is not None else None
    if not isinstance(said, list) or not said or algorithm not in EAGLE:
        return None
    name = str(said[0]).lower()
    third = "eagle3" in name
    if third and algorithm != "EAGLE3":
        return f"{said[0]} is a draft of EAGLE3, and the algorithm is `{algorithm}`", TO_EAGLE3
    if "eagle" in name and not third and algorithm == "EAGLE3":
        return f"{said[0]} is a draft of EAGLE, and the algorithm is `EAGLE3`", TO_EAGLE
    return None


TO_EAGLE3, TO_EAGLE = "write `algorithm: EAGLE3`", "write `algorithm: EAGLE`"


def _brings_none(case: Case) -> bool:
    """Whether it is known that the checkpoint has no layers that draft."""
    found = case.resolved.subject.architecture
    if found.by_name:
        return False
    counts = [found.config[key] for key in COUNTS if found.config.get(key) is not None]
    return found.name not in OWN_DRAFT or (bool(counts) and not any(counts))


RULE = Rule(
    "draft-not-there",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/issues/36528",
)
