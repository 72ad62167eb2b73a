"""Speculation in a release that overlaps it with the CPU's work only when asked to.

Why it hurts: every step waits for the scheduler between draft and verification; the makers' own
commands for GLM-5.1 turn overlap (SpecV2) on. From 0.5.11 on it is the default.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.10.post1
    +   env:
    +     SGLANG_ENABLE_SPEC_V2: "1"
      speculative:
        algorithm: EAGLE

Source: measured in the wheels: ``srt/environ.py`` has `SGLANG_ENABLE_SPEC_V2` off in 0.5.10.post1,
on in 0.5.11 to 0.5.13, and not at all from 0.5.14 on; sgl-cookbook, GLM-5.1, 8 April 2026, sets it.
DeepSeek-V3.2 in NVFP4 crashes with it before 0.5.10 (sgl-project/sglang#18943).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.stated import Setting, is_on
from deployer.check.families import of_model
from deployer.check.rule import Engines, Mitigation, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

NAME = "SGLANG_ENABLE_SPEC_V2"
READS = Engines(before="0.5.14")
CRASHES = Engines(before="0.5.10")


def find(case: Case) -> Iterator[Problem]:
    """Look for speculation with one branch, which overlap needs, where nothing is said of it."""
    drafting, branches = case.resolved.eagle, case.said.number("--speculative-eagle-topk")
    crashes = CRASHES.holds(case.profile.engine.version) and of_model(case, ("DeepSeek-V3.2*FP4*",))
    if not drafting.value or crashes or (branches or 1) > 1:
        return
    if case.said.variable(NAME) is None:
        yield Problem(
            drafting.path,
            "speculation does not overlap with the CPU's work in SGLang "
            f"{case.profile.engine.version}",
            f'write `{NAME}: "1"` under `engine.env`, or take 0.5.11 or later',
        )


def mitigated(case: Case) -> Setting | None:
    """Give the variable, as long as the release reads it: afterwards another check tells."""
    found = case.said.variable(NAME)
    return found if is_on(found) and READS.holds(case.profile.engine.version) else None


RULE = Rule(
    "speculation-without-overlap",
    Severity.NOTE,
    find,
    link="https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/environ.py",
    engines=Engines(before="0.5.11"),
    mitigation=Mitigation("overlapped speculation, which is the default now", mitigated),
)
