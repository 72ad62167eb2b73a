"""Where an engine and what it imports keep what they compile at run time: variables and folders.

Read in SGLang 0.5.23 and what it requires there: ``srt/environ.py`` (``third_party_cache_defaults``
names the variables of Triton, Inductor, CUDA, TileLang and FlashInfer, and points them below
``SGLANG_CACHE_DIR`` where nobody has stated them; ``SGLANG_JIT_CACHE_DIR`` and
``SGLANG_CUTE_AOT_CACHE_DIR`` lie below that as well),
``torch/_inductor/runtime/cache_dir_utils.py``,
``torch/utils/_triton.py``, ``tvm_ffi/cpp/extension.py``,
``srt/layers/deep_gemm_wrapper/compile_utils.py``.
A release that does not know a variable does not look at it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JitCache:
    """One cache: the variable that places it, and where it lies below the home of who runs it.

    The files are ``inside`` the folder that the variable names. ``data`` are folders in there that
    hold something else than compiled code. The place is each tool's own default, so that what an
    image has built in is found there; a default outside of the home is moved into it.
    """

    name: str
    variable: str
    default: str
    inside: str = ""
    data: tuple[str, ...] = ()


DEEPGEMM = JitCache("deepgemm", "SGLANG_DG_CACHE_DIR", ".cache/sglang/deep_gemm")

CACHES = (
    JitCache("triton", "TRITON_CACHE_DIR", ".triton/cache"),
    JitCache("inductor", "TORCHINDUCTOR_CACHE_DIR", ".cache/torchinductor"),
    # "FlashInfer appends ".cache/flashinfer" to this base itself" (srt/environ.py).
    JitCache("flashinfer", "FLASHINFER_WORKSPACE_BASE", "", inside=".cache/flashinfer"),
    JitCache("tilelang", "TILELANG_CACHE_DIR", ".tilelang/cache"),
    JitCache("tvm-ffi", "TVM_FFI_CACHE_DIR", ".cache/tvm-ffi"),
    # Parts of models lie in there, too (srt/utils/runai_utils.py, models/qwen4_exp_ple_table.py).
    JitCache(
        "sglang", "SGLANG_CACHE_DIR", ".cache/sglang", data=("model_streamer", "ple", "deep_gemm")
    ),
    JitCache("cuda", "CUDA_CACHE_PATH", ".nv/ComputeCache"),
    DEEPGEMM,
)
"""Every cache that is kept, by the name of its file on the volume."""
