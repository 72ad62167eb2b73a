"""The command line and the environment of the compilation: those of serving, with few changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deployer.release import Release
from deployer.serve.inside import LOOPBACK
from deployer.serve.launch import engine_environment

MODULE = "sglang.compile_deep_gemm"
SERVING = "sglang.launch_server"

LEFT_OUT = frozenset(
    {
        "--api-key",
        "--admin-api-key",
        "--ssl-keyfile",
        "--ssl-certfile",
        "--ssl-ca-certs",
        "--ssl-keyfile-password",
        "--enable-ssl-refresh",
    }
)
"""The compilation asks its own server over plain HTTP and without a key (``base_url`` and
``headers`` in ``sglang/compile_deep_gemm.py``); it would be refused until its timeout."""

NOISE = "dummy"
"""The format of weights of which none are read: their shapes alone decide about kernels."""

WALK = "SGLANG_JIT_DEEPGEMM_PRECOMPILE"
"""Whether SGLang goes through all sizes of a kernel at its first use (``deep_gemm_wrapper/
compile_utils.py``); every release with a catalogue knows it, and has it on by itself."""

LOADED_BY = frozenset(
    {"--load-format", "--model-loader-extra-config", "--speculative-draft-load-format"}
)
"""How weights are read: with noise in their place none are. A draft takes the model's format where
nobody states its own (``srt/arg_groups/fields``, 0.5.23)."""


def compile_words(release: Release, budget: float) -> tuple[str, ...]:
    """Give the command line: the serving flags, the loopback address, and ``--timeout``.

    The server in there has no key, so nobody else may reach it. A release states no key itself;
    one that came in through a flag of the author's is left out.
    """
    dummy = release.modal is not None and release.modal.kernel_weights == NOISE
    left = LEFT_OUT | (LOADED_BY if dummy else frozenset())
    words = [
        word
        for argument in release.arguments
        if argument.flag not in left
        for word in argument.words()
    ]
    where = ("--host", LOOPBACK, "--port", str(release.listen.port))
    noise = ("--load-format", NOISE) if dummy else ()
    return (*_command(release), *words, *noise, *where, "--timeout", str(max(1, int(budget))))


def compile_environment(
    release: Release, environ: Mapping[str, str], local: Path, key: str
) -> dict[str, str]:
    """Give the variables of serving, with the kernels in ``local`` and without the API key.

    SGLang writes ``DG_JIT_CACHE_DIR`` itself, from ``SGLANG_DG_CACHE_DIR``.
    """
    return {
        **engine_environment(release, environ, (key,)),
        "SGLANG_DG_CACHE_DIR": str(local),
        "PYTHONUNBUFFERED": "1",  # it says that it has finished with a print, into our pipe
    }


def _command(release: Release) -> tuple[str, ...]:
    words = release.engine.command
    if SERVING not in words:
        return ("python3", "-m", MODULE)
    return tuple(MODULE if word == SERVING else word for word in words)
