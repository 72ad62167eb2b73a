"""Environment variables that run code, redirect it, or redirect traffic, as patterns of names.

Sources: ld.so(8) and environ(7) of the Linux man-pages; "Environment variables" of Python's
command-line documentation; CUDA, NCCL and NVTX documentation; git(1); SGLang 0.5.23
``srt/environ.py``; the packages that the reason names.
"""

from __future__ import annotations

_NOT_CODE = "UNBUFFERED|HASHSEED|DONTWRITEBYTECODE|UTF8|IOENCODING|FAULTHANDLER|NOUSERSITE|SAFEPATH"


def _row(power: str, reason: str, *patterns: str) -> tuple[str, str, str]:
    return "|".join(patterns), power, reason


VARIABLES: tuple[tuple[str, str, str], ...] = (
    _row(
        "loader",
        "the loader of programs obeys it: it can run code in every process",
        r"LD_.*|DYLD_.*|GCONV_PATH|GLIBC_TUNABLES|LOCPATH|NLSPATH",
    ),
    _row(
        "loader",
        "every Python obeys it: it decides which modules are found, and can run code",
        rf"PYTHON(?!({_NOT_CODE})$).*",
    ),
    _row(
        "loader",
        "it decides which programs and files are taken, and can run code",
        r"PATH|HOME|XDG_.*|BASH_ENV|ENV|SHELLOPTS|BASHOPTS|BASH_FUNC.*|PS4|PROMPT_COMMAND|SHELL",
        r"PERL5LIB|PERL5OPT|RUBYLIB|RUBYOPT|NODE_OPTIONS|NODE_PATH|JAVA_TOOL_OPTIONS",
        r"_JAVA_OPTIONS|GIT_.*",
    ),
    _row(
        "loader",
        "a library loads the code that it names",
        r"CUDA_INJECTION(32|64)_PATH|NVTX_INJECTION(32|64)_PATH|CUDA_(HOME|PATH|ROOT)",
        r"NCCL_(NET|TUNER|PROFILER|ENV|GIN)_PLUGIN|NCCL_NET|NCCL_CONF_FILE|UCX_MODULE_DIR",
        r"NVSHMEM_.*PLUGIN.*|OPENSSL_(CONF|MODULES|ENGINES)|OCL_ICD_.*|VK_.*",
    ),
    _row(
        "loader",
        "kernels are compiled with it, or their code is loaded from there",
        r"CC|CXX|CPP|LD|AR|NVCC|CUDACXX|CUDAHOSTCXX|NVCC_(PREPEND|APPEND)_FLAGS|C(XX|PP)?FLAGS",
        r"LDFLAGS|COMPILER_PATH|LIBRARY_PATH|.*_(NVCC|PTXAS|COMPILER|LIBCUDA)(_PATH)?",
        r"DG_JIT_(NVCC|.*COMPILER|.*INCLUDE).*|TRITON_.*_PATH|TORCH_EXTENSIONS_DIR",
    ),
    _row(
        "code",
        "it names Python code, which the engine imports and runs",
        r"SGLANG_(PLUGINS|EXTERNAL_.*|HTTP_SERVER_APP_PATH|TEST_SCRIPTED_.*)|VLLM_PLUGINS",
        r"HF_MODULES_CACHE|.*_PLUGINS?(_.*)?",
    ),
    _row(
        "code",
        "what is received or loaded may be unpickled, which runs code",
        r"SGLANG_USE_PICKLE_IPC|SGLANG_ZMQ_ALLOWED_PEERS|TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",
        r"TORCH_FORCE_WEIGHTS_ONLY_LOAD|HF_HUB_TRUST_REMOTE_CODE|TRUST_REMOTE_CODE",
    ),
    _row(
        "address",
        "traffic goes another way, or is trusted otherwise",
        r".*_PROXY|HF_ENDPOINT|HF_INFERENCE_ENDPOINT|MODELSCOPE_.*|SGLANG_USE_MODELSCOPE",
        r"SSL_CERT_(FILE|DIR)|SSLKEYLOGFILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|OTEL_.*",
        r"MOONCAKE_.*(SERVER|HOSTNAME|ADDR).*|.*_BOOTSTRAP_URL|HOSTALIASES|RESOLV_.*|LOCALDOMAIN",
        r"RES_OPTIONS|.*_(ENDPOINT|URL|URI|WEBHOOK)",
    ),
    _row(
        "file",
        "it names a file or a folder that the engine reads or writes",
        r"TMPDIR|TMP|TEMP|SGLANG_.*_CONFIG_PATH|FLEXKV_.*|LMCACHE_.*",
        r"SGLANG_.*_(STORAGE_DIR|COREDUMP_DIR|RECORDER_DIR|PROFILER_DIR|METRICS_FILE)",
    ),
)
"""A pattern of the whole name in any case, a power, and why; the first that matches counts."""

FAMILIES = (
    r"(NCCL|CUDA|CUBLAS|CUDNN|TORCH|TORCHINDUCTOR|TORCHDYNAMO|PYTORCH|TRITON|TILELANG|OMP|MKL|KMP"
    r"|GOMP|OPENBLAS|NUMEXPR|GLOO|NVIDIA|NVSHMEM|DG|FLASHINFER|DEEPEP|TOKENIZERS|HF|TRANSFORMERS"
    r"|DEPLOYER)_[A-Z0-9_]*|PYTHON[A-Z0-9]+|LANG|LANGUAGE|LC_[A-Z]+|TZ|MAX_JOBS|TQDM_DISABLE"
)
"""Names of known libraries' settings and of this tool: those of them that run or redirect
something are in :data:`VARIABLES`."""
