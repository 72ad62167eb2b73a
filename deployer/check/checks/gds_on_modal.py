"""`fastsafetensors` reads by GPUDirect Storage, which Modal's containers do not have.

Why it hurts: gVisor has no nvidia-fs; the loader ends when it opens it, with the GPUs paid for by
then. Releases before 0.5.17 cannot be told to read without it.

Instead of ``-`` write ``+``::

      model:
    -   load_format: fastsafetensors
    +   load_format: auto
      engine:
        version: 0.5.10.post1

Source: modal-projects/stitch#54 (read: "GDS/nvidia-fs is absent under gVisor"); `enable_gds` is in
the wheel of 0.5.17 and not in that of 0.5.16.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.loaders import GDS_SINCE, STRAIGHT, can_leave_gds
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a loader that cannot be told, or is told otherwise."""
    profile = case.profile
    if profile.target != "modal" or profile.model.load_format != STRAIGHT:
        return
    if not can_leave_gds(profile.engine.version):
        yield Problem(
            ("model", "load_format"),
            f"SGLang {profile.engine.version} reads `{STRAIGHT}` by GPUDirect Storage alone, and "
            "Modal's containers have none",
            f"take `auto`, or a release from {GDS_SINCE} on",
        )
    elif profile.loading.gds:
        yield Problem(
            ("loading", "gds"),
            "Modal's containers have no GPUDirect Storage",
            "write `gds: false`, or leave it out",
        )


RULE = Rule(
    "gds-on-modal",
    Severity.ERROR,
    find,
    link="https://github.com/modal-projects/stitch/pull/54",
)
