"""The engine may compile kernels of DeepGEMM, and no volume keeps them.

Why it hurts: without `modal.kernel_cache` nothing is compiled before the deployment, and every
container compiles at its start, on its GPUs: minutes, and about half an hour for large models with
FP8 weights.

Instead of ``-`` write ``+``::

      modal:
    -   kernel_cache: null
    +   kernel_cache:
    +     volume: kernels
    +     path: /dg-cache

Source: sgl-project/sglang#18823 (read: "up to 128K kernel variants (~30 min)"). Models in BF16,
GPUs before sm90, and `SGLANG_ENABLE_JIT_DEEPGEMM` off take none, and need no volume.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.kernel_need import unused
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Ask whether the engine would use any, where there is no cache."""
    modal = case.profile.modal
    if modal is None or modal.kernel_cache is not None or case.profile.target != "modal":
        return
    config = case.resolved.model_config
    if unused(case.release, config):
        return
    known = "compiles kernels" if config is not None else "may compile kernels, which nobody knows,"
    yield Problem(
        ("modal",),
        f"the engine {known} at every start, and no volume keeps them",
        "name one: `modal.kernel_cache`, with `volume` and `path`"
        + ("" if config is not None else "; or let `deployer lock` ask what the model is"),
    )


RULE = Rule(
    "kernels-without-cache",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/pull/18823",
)
