"""The kernels of the experts.

Source: SGLang 0.5.10.post1 ``srt/server_args.py:1640-1657``, 0.5.23
``arg_groups/overrides.py``, ``_deepseek_moe_quant_resolution``.
"""

from __future__ import annotations

from deployer.behaviour.subject import Decision, Subject

RUNNER = "--moe-runner-backend"
TRTLLM = frozenset({"flashinfer_trtllm", "flashinfer_trtllm_routed"})


def moe_runner_backend(subject: Subject) -> Decision[str]:
    """Give the kernels of the experts; no value where the engine's choice is not known here."""
    said = subject.stated(RUNNER)
    if said is not None:
        return said
    if subject.sparse_attention and subject.sm100 and not subject.all_to_all:
        rule = "0.5.10.post1 srt/server_args.py:1640"
        return subject.decided("flashinfer_trtllm", RUNNER, "moe.runner", rule)
    return subject.decided(None, RUNNER, "moe.runner", "the rule for this model is not known here")
