"""What is known of how fast Modal reads weights and compiles kernels, and of its plans."""

from __future__ import annotations

READ_SLOWEST, READ_FASTEST = 1e9, 3e9
"""Bytes a second that a Modal volume gives. Modal's own pages say 1 to 2 GB/s
(modal.com/docs/guide/high-performance-llm-inference) and 1 to 3 GB/s (modal-examples,
``06_gpu_and_ml/llm-serving/very_large_models.py``)."""

KERNEL_MINUTES = {("zai-org/GLM-5.1-FP8", "B200"): (12.0, 15.0)}
"""Minutes that compiling kernels took, by repository and GPU: one user's report of GLM-5.1 on
8 B200 on Modal (yuvraj97.com/deep-dives/gpu-cluster-hardening)."""

BESIDE_WEIGHTS = 71, 292
"""Seconds from launch to ready with weights that took 0.3 s, all caches of kernels kept and empty:
two layers of Qwen3-235B in FP8 on one H200, SGLang 0.5.17 (``docs/measured.md``)."""

PLAN_GPUS = {"Starter": 10, "Team": 50}
"""GPUs at a time of each plan of Modal (three copies of modal.com/pricing, 2026-05 and 2026-06)."""

WRITERS = {1: 4, 2: 32}
"""Containers that may write into a volume, by its version, of which Modal's own is 1. That bears 5
writers (Modal's guide on volumes), and one more proves; version 2 bears hundreds, and 32 is what
Modal's own parallel download takes (modal-projects/stitch#177)."""
