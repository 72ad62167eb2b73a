"""What follows from other values, each computed in one place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from deployer.facts.cpu import SWITCH
from deployer.facts.models.catalogue import shapes
from deployer.profile.model import Profile
from deployer.profile.partial import known
from deployer.release import COMMIT, Beside

BUILTIN_PATH = "builtin:tiny"
"""Stands for the folder of the builtin model until the local target has made it."""

STARTUP = 1800.0
"""Seconds that a launch may take where nothing is stated, nor known of the model."""

STARTUP_MARGIN = 300
"""Seconds that a container gets beyond the budgets of `lifecycle`, for pulling and mounting."""


LONG_PROMPT = 8192
"""Tokens of the long prompt of the warm-up where none are stated: more than one prefill chunk of
most GPUs (SGLang 0.5.23 ``arg_groups/memory_hook.py``: 2048 to 16384)."""

PROMPT_ROOM = 256
"""Tokens beside its filler: the chat template, the question, and 128 tokens of answer."""

SHORTEST_PROMPT = 16
"""Tokens of the shortest long prompt, as the schema has it."""

PLACED = frozenset({"speculative.draft_model", "lora.adapters"})
"""Fields that name what is downloaded: the engine is given its folders."""

DRAFTS_BY_STEPS = frozenset({"EAGLE", "EAGLE3", "NEXTN", "STANDALONE"})
"""The algorithms whose draft is made in steps."""


def derived_fields(profile: Profile) -> dict[str, tuple[object, str]]:
    """Give the value of each field that was left out, and the key that it follows from.

    Of the fields of :data:`PLACED` it is what they come to, whatever they state.

    What rests on something that is not known (:mod:`deployer.profile.partial`) is left out.
    """
    values = (
        ("model.path", "model.repo", model_path),
        ("speculative.draft_model", "speculative.draft_model", draft_path),
        ("lora.adapters", "lora.adapters", adapter_words),
        ("parallel.tp", "hardware.count", tensor_parallel),
        ("speculative.num_draft_tokens", "speculative.num_steps", draft_tokens),
    )
    found = ((path, known(partial(ask, profile)), source) for path, source, ask in values)
    return {path: (value, source) for path, value, source in found if value is not None}


def model_path(profile: Profile) -> str:
    """Give the folder that the engine loads."""
    if profile.model.path is not None:
        return profile.model.path
    if profile.model.source == "builtin":
        return BUILTIN_PATH
    return pinned_path(_unpinned(profile, profile.model.repo), commit(profile))


def draft_path(profile: Profile) -> str | None:
    """Give the folder of the draft model; None without one."""
    stated = profile.speculative.draft_model if profile.speculative is not None else None
    drafts = (one for one in beside(profile) if one.role == "draft")
    return next((one.path for one in drafts), stated)


def adapter_words(profile: Profile) -> tuple[str, ...] | None:
    """Give the adapters as the engine reads them, ``NAME=FOLDER``; None without any."""
    if profile.lora is None or not profile.lora.adapters:
        return None
    folders = {one.served_name: one.path for one in beside(profile) if one.role == "adapter"}
    return tuple(
        f"{name}={folders.get(name, stated)}" for name, stated in profile.lora.adapters.items()
    )


def beside(profile: Profile) -> tuple[Beside, ...]:
    """Give what is downloaded beside the model; a folder is none of it."""
    found = []
    spec = profile.speculative
    if spec is not None and spec.draft_model is not None and not _is_folder(spec.draft_model):
        found.append(_beside(profile, spec.draft_model, spec.draft_revision, "", "draft"))
    for name, stated in (profile.lora.adapters if profile.lora is not None else {}).items():
        if not _is_folder(stated):
            repo, _, revision = stated.partition("@")
            found.append(_beside(profile, repo, revision or "main", name, "adapter"))
    return tuple(found)


def key_of(source: Beside) -> tuple[str, ...]:
    """Give the YAML key that names weights beside the model."""
    if source.role == "draft":
        return "speculative", "draft_model"
    return "lora", "adapters", source.served_name


def folders(profile: Profile) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give the folders that the author fills: drafts and adapters, each with its key."""
    spec = profile.speculative
    if spec is not None and spec.draft_model is not None and _is_folder(spec.draft_model):
        yield ("speculative", "draft_model"), spec.draft_model
    for name, stated in (profile.lora.adapters if profile.lora is not None else {}).items():
        if _is_folder(stated):
            yield ("lora", "adapters", name), stated


def _is_folder(stated: str) -> bool:
    return stated.startswith("/")


def _beside(profile: Profile, repo: str, revision: str, name: str, role: str) -> Beside:
    commit = revision if COMMIT.fullmatch(revision) else ""
    path = pinned_path(_unpinned(profile, repo), commit)
    return Beside("huggingface", repo, revision, path, name, commit, role)


def _unpinned(profile: Profile, repo: str) -> str:
    root = profile.modal.weights.path if profile.modal is not None else ""
    return f"{root}/{repo.rpartition('/')[2]}"


def pinned_path(unpinned: str, commit: str) -> str:
    """Give the folder of one commit: another commit is another folder, so neither harms the other.

    Without a commit it is the folder of all.
    """
    return f"{unpinned}/{commit}" if commit else unpinned


def commit(profile: Profile) -> str:
    """Give the commit that the revision states, or '' where it is a branch or a tag."""
    revision = profile.model.revision
    return revision if COMMIT.fullmatch(revision) else ""


def tensor_parallel(profile: Profile) -> int | None:
    """Give the tensor-parallel size: the stated one, or the one that uses every GPU, or None."""
    if profile.parallel.tp:
        return profile.parallel.tp
    gpus = profile.hardware.count
    parts = (profile.parallel.pp or 1) * replicas(profile)
    return gpus // parts if gpus >= parts else None


def tensor_parallel_key(profile: Profile) -> tuple[str, str]:
    """Give the key that decides that size."""
    return ("parallel", "tp") if profile.parallel.tp is not None else ("hardware", "count")


def attention_ranks(profile: Profile) -> int:
    """Give the ranks that share requests where attention is data-parallel; else 1."""
    return (profile.parallel.dp or 1) if profile.parallel.dp_attention else 1


def replicas(profile: Profile) -> int:
    """Give the data-parallel copies of the model, each with GPUs of its own.

    Attention data parallelism divides requests over the GPUs of one copy.
    """
    return 1 if profile.parallel.dp_attention else profile.parallel.dp or 1


def draft_tokens(profile: Profile) -> int | None:
    """Give the draft tokens that follow from the steps, or None where none do.

    A draft with one branch has a token a step, and the model verifies them with the one that
    follows (SGLang 0.5.10.post1 ``srt/server_args.py``: topk 1 forces draft tokens = steps + 1).
    The other algorithms count otherwise, or have no steps.
    """
    spec = profile.speculative
    if spec is None or spec.algorithm not in DRAFTS_BY_STEPS:
        return None
    return spec.num_steps + 1 if spec.num_steps is not None and spec.eagle_topk == 1 else None


def derived_environment(profile: Profile) -> dict[str, tuple[str, str]]:
    """Give the environment variables that follow from the profile, each with its key.

    SGLang overwrites DeepGEMM's own ``DG_JIT_CACHE_DIR`` with ``SGLANG_DG_CACHE_DIR``
    (0.5.10.post1 ``srt/environ.py``), so only this name makes the mounted volume the cache.
    Unbuffered, what the engine prints is in the log when it happens, and when it crashes.
    The local target runs the engine's build for CPUs, which has to be told so.
    """
    found = {"HF_HUB_OFFLINE": ("1", "model.path"), "PYTHONUNBUFFERED": ("1", "engine.name")}
    cache = profile.modal.kernel_cache if profile.modal is not None else None
    if cache is not None:
        found["SGLANG_DG_CACHE_DIR"] = (cache.path, "modal.kernel_cache.path")
    if profile.target == "local":
        found[SWITCH] = ("1", "target")
    return found


def key_variable(profile: Profile) -> str:
    """Give the variable of the key that the server asks for; '' where Modal's proxy does alone."""
    if profile.target == "modal" and profile.modal is not None and profile.modal.auth == "proxy":
        return ""
    return profile.serving.api_key_env or ""


def max_inputs(profile: Profile) -> int:
    """Give the requests that one container takes: as many as it runs, or 1 where unstated."""
    stated = profile.modal.max_inputs if profile.modal else None
    return stated or profile.schedule.max_running_requests or 1


def container_startup(profile: Profile) -> int:
    """Give the seconds from a container's start to its first request, at most Modal's 24 h."""
    if profile.modal is not None and profile.modal.startup_timeout is not None:
        return profile.modal.startup_timeout
    return min(86400, int(launch_and_warmup(profile)) + STARTUP_MARGIN)


def startup(profile: Profile) -> float:
    """Give the seconds that a launch may take."""
    return profile.lifecycle.startup_timeout or STARTUP


def launch_and_warmup(profile: Profile) -> float:
    """Give the seconds that launch and warm-up may take together."""
    life = profile.lifecycle
    return startup(profile) + life.warmup_timeout * len(warmup_kinds(profile))


def warmup_kinds(profile: Profile) -> tuple[str, ...]:
    """Give the kinds of warm-up request: those that are listed, or all that can be answered."""
    if profile.lifecycle.warmup is not None:
        return profile.lifecycle.warmup
    thinking = ("no_thinking",) if profile.serving.reasoning_parser else ()
    tools = ("tools",) if profile.serving.tool_call_parser else ()
    long = ("long_context",) if _longest_warmup(profile) >= SHORTEST_PROMPT else ()
    return ("chat", *thinking, *long, *tools)


def warmup_long_tokens(profile: Profile) -> int:
    """Give the tokens of the long prompt: as stated, or as many as there is room for."""
    stated = profile.lifecycle.warmup_long_tokens
    return max(SHORTEST_PROMPT, _longest_warmup(profile)) if stated is None else stated


def _longest_warmup(profile: Profile) -> int:
    """Give the tokens that a long prompt may have beside its answer, at most the usual."""
    limits = (limit for limit, _ in prompt_limits(profile))
    return min(LONG_PROMPT, min(limits, default=LONG_PROMPT + PROMPT_ROOM) - PROMPT_ROOM)


def prompt_limits(profile: Profile) -> Iterator[tuple[int, str]]:
    """Give what bounds a prompt and its answer in tokens, and the name of each bound.

    Where nothing is stated, the model's own context does, as far as the model is known.
    """
    context, pool = profile.model.context_length, profile.memory.max_total_tokens
    if context is not None:
        yield context, "`model.context_length`"
    if pool is not None:
        yield pool, "`memory.max_total_tokens`"
    if context is None and (model := shapes(profile.model.repo)) is not None:
        yield model.longest, "the model's context"
