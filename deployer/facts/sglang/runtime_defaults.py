"""What an engine release decides otherwise than the one before, where no option's default says so.

The catalogues hold the defaults that a parser has. These are decided when the engine starts; each
was read in the sources of the release that changed it and of the one before, below ``sglang/srt/``
of their wheels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deployer.facts.sglang.versions import release_key

SM100 = ("B200", "B300")
HOPPER = ("H100", "H100!", "H200")
FP8 = ("fp8_e4m3",)
DSA = ("nsa", "dsa")


@dataclass(frozen=True, slots=True)
class RuntimeDefault:
    """From ``since`` the engine does ``after`` where it did ``before``.

    It concerns commands that have every flag of ``given`` (with one of the values, where there are
    any) and none of ``stated``, flags or variables, with which an author says it himself; on GPUs
    of ``gpus`` and models whose repository holds ``model``, where these are named.
    """

    what: str
    since: str
    before: str
    after: str
    source: str
    given: tuple[tuple[str, tuple[str, ...]], ...] = ()
    stated: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    model: str = ""


RUNTIME_DEFAULTS = (
    RuntimeDefault(
        what="the parser behind `glm45`",
        since="0.5.10",
        before="Qwen3's",
        after="one of its own",
        source="0.5.9 and 0.5.10 parser/reasoning_parser.py",
        given=(("--reasoning-parser", ("glm45",)),),
    ),
    RuntimeDefault(
        what="overlapped speculation",
        since="0.5.11",
        before="off",
        after="on",
        source="0.5.10.post1 and 0.5.11 environ.py, SGLANG_ENABLE_SPEC_V2",
        given=(("--speculative-algorithm", ()),),
        stated=("SGLANG_ENABLE_SPEC_V2", "--disable-overlap-schedule"),
    ),
    RuntimeDefault(
        what="all-reduce fusion of GLM-5",
        since="0.5.11",
        before="off",
        after="on (SM90 and SM100, one node, tensor parallel without data-parallel attention)",
        source="0.5.11 server_args.py:2337",
        stated=(
            "--enable-flashinfer-allreduce-fusion",
            "--flashinfer-allreduce-fusion-backend",
            "--enforce-disable-flashinfer-allreduce-fusion",
            "--enable-dp-attention",
            "--attn-dp-size",
        ),
        gpus=(*HOPPER, *SM100),
        model="glm-5",
    ),
    RuntimeDefault(
        what="sparse-attention prefill with an FP8 KV cache on Hopper",
        since="0.5.11",
        before="flashmla_auto",
        after="flashmla_kv",
        source="0.5.10.post1 server_args.py:1471 and 0.5.11 server_args.py",
        given=(("--attention-backend", DSA), ("--kv-cache-dtype", FP8)),
        stated=("--nsa-prefill-backend", "--dsa-prefill-backend"),
        gpus=HOPPER,
    ),
    RuntimeDefault(
        what="stated sparse-attention backends with an FP8 KV cache on SM100",
        since="0.5.11",
        before="overruled: trtllm for both",
        after="as stated",
        source="0.5.10.post1 server_args.py:1465 and 0.5.11 server_args.py",
        given=(("--attention-backend", DSA), ("--kv-cache-dtype", FP8)),
        gpus=SM100,
    ),
)


def between(
    old: str, new: str, command: Mapping[str, tuple[str, ...]], gpu: str, repo: str
) -> Iterator[RuntimeDefault]:
    """Give what changes from one release to another, in either direction, for one deployment.

    ``command`` maps the flags and the variables that are stated to their values. An upgrade meets
    what is new; a downgrade meets the same the other way round (``before`` and ``after`` stand as
    they are in the data).
    """
    low, high = sorted((release_key(old), release_key(new)))
    for row in RUNTIME_DEFAULTS:
        if low < release_key(row.since) <= high and _concerns(row, command, gpu, repo):
            yield row


def _concerns(
    row: RuntimeDefault, command: Mapping[str, tuple[str, ...]], gpu: str, repo: str
) -> bool:
    return (
        all(_has(command, flag, values) for flag, values in row.given)
        and not any(name in command for name in row.stated)
        and (not row.gpus or gpu in row.gpus)
        and row.model in repo.lower()
    )


def _has(command: Mapping[str, tuple[str, ...]], flag: str, values: tuple[str, ...]) -> bool:
    return flag in command and (not values or command[flag][:1] in {(value,) for value in values})
