"""No room: on a GPU, in the KV pool, in the machine's memory."""

from deployer.diagnose.signature import Signature, Write, words

SGLANG = "https://github.com/sgl-project/sglang"

FULL = words(
    r"CUDA out of memory\.(?: Tried to allocate (?P<size>[\d.]+ [KMG]iB))?",
    r"CUDA error: out of memory",
    r"OutOfMemoryError",
    r"cudaErrorMemoryAllocation",
)
"""How PyTorch and CUDA say that a GPU is full."""

HELD = words(
    r"CUDA out of memory\..*? GPU (?P<gpu>\d+) has .*?\bProcess (?P<pid>\d+) has "
    r"(?P<held>(?:[2-9]|\d\d)\d*\.\d+ GiB) memory in use"
)
"""PyTorch lists the others on a GPU that is full (c10/cuda/CUDACachingAllocator.cpp). Less than
2 GiB may be the engine's own: the process that makes tokens of images can use the GPU, too."""

LESS_FOR_THE_POOL = Write(
    "memory.mem_fraction_static",
    "a smaller share for weights and KV pool: what is left is for graphs and activations",
)

SIGNATURES = (
    Signature(
        name="gpu-held-by-another",
        said=HELD,
        cause="GPU {gpu} was full, and another process, {pid}, held {held} of it",
        writes=(
            Write("", "end what else runs on this GPU, or choose another one"),
            LESS_FOR_THE_POOL,
        ),
        link=f"{SGLANG}/issues/465",
    ),
    Signature(
        name="gpu-full-for-the-draft",
        said=FULL,
        within=words(r"/speculative/\S*worker", r"init_draft_worker"),
        cause="a GPU had no room left for the model that drafts, which is loaded beside the target"
        " and, in some releases, after the KV pool has taken its share",
        writes=(LESS_FOR_THE_POOL, Write("speculative", "leave it out to serve without a draft")),
        link=f"{SGLANG}/issues/4330",
        stages=frozenset({"weights", "distributed", "pool"}),
    ),
    Signature(
        name="gpu-full-at-graph-capture",
        said=FULL,
        within=words(r"graph_runner", r"init_\w*cuda_graphs?\b", r" capture\w*$", r"capture_one"),
        cause="a GPU had no room left for the CUDA graphs, which are captured after weights and KV"
        " pool have taken theirs",
        writes=(
            LESS_FOR_THE_POOL,
            Write("schedule.max_running_requests", "fewer: graphs are captured up to that many"),
        ),
        link=f"{SGLANG}/issues/5285",
    ),
    Signature(
        name="gpu-full-at-load",
        said=FULL,
        within=words(r"/model_loader/", r" load_model$", r" initialize_model"),
        cause="a GPU was full before all of its share of the weights was loaded",
        writes=(
            Write("parallel.tp", "more GPUs for the weights, with `hardware.count`"),
            Write("model.repo", "a checkpoint with fewer bits for each weight"),
            Write("memory.cpu_offload_gb", "so much of the weights for the machine's memory; slow"),
        ),
        link=f"{SGLANG}/issues/465",
    ),
    Signature(
        name="gpu-full-at-the-pool",
        said=FULL,
        within=words(r"/mem_cache/", r"memory_pool"),
        cause="a GPU had no room for the KV pool of the size that was reckoned; somebody else may"
        " use it",
        writes=(
            LESS_FOR_THE_POOL,
            Write("memory.max_total_tokens", "a number of tokens for the pool that fits"),
        ),
        link=f"{SGLANG}/issues/6526",
    ),
    Signature(
        name="gpu-full-while-serving",
        said=FULL,
        within=words(r"forward_extend", r"event_loop", r"run_batch", r"forward_decode"),
        cause="a GPU had no room for what one batch needs while it is computed; a long prompt needs"
        " the most",
        writes=(
            Write("schedule.chunked_prefill_size", "fewer tokens of a prompt at a time"),
            LESS_FOR_THE_POOL,
            Write("lifecycle.warmup_long_tokens", "a prompt as long as the users', to learn of it"),
        ),
        link=f"{SGLANG}/issues/4730",
    ),
    Signature(
        name="gpu-full",
        said=FULL,
        cause="a GPU was full",
        writes=(LESS_FOR_THE_POOL,),
        link=f"{SGLANG}/issues/6526",
    ),
    Signature(
        name="no-room-for-the-pool",
        said=words(
            r"Loaded weights leave no GPU memory for the KV cache under "
            r"--mem-fraction-static=(?P<fraction>[\d.]*\d)\. Raise --mem-fraction-static above "
            r"(?P<above>[\d.]*\d)"
        ),
        cause="the weights alone take more than the share {fraction} of the GPU, so that nothing is"
        " left for the KV pool",
        writes=(
            Write("memory.mem_fraction_static", "above {above}, with room for the pool"),
            Write("parallel.tp", "more GPUs for the weights"),
        ),
        link="https://github.com/SemiAnalysisAI/InferenceX/issues/2128",
    ),
    Signature(
        name="pool-too-small",
        said=words(
            r"Not enough memory\. Please try to increase --mem-fraction-static",
            r"max_running_request is zero",
        ),
        cause="once the weights are loaded, what is left of the share, or the limit of tokens, does"
        " not hold one request",
        writes=(
            Write("memory.mem_fraction_static", "a larger share"),
            Write("memory.max_total_tokens", "more, or nothing, where it is what leaves no room"),
            Write("parallel.tp", "more GPUs for the weights"),
            Write("memory.kv_cache_dtype", "`fp8_e4m3`, for twice the tokens in the same room"),
        ),
        link=f"{SGLANG}/issues/4895",
    ),
    Signature(
        name="pool-exhausted",
        said=words(r"(?P<phase>Prefill|Decode) out of memory\. Try to lower your batch size"),
        cause="the KV pool had no room for a batch that the scheduler had let in",
        writes=(
            Write("schedule.conservativeness", "more than 1: fewer requests are let in at a time"),
            Write("schedule.max_running_requests", "fewer"),
        ),
        link=f"{SGLANG}/issues/7353",
    ),
    Signature(
        name="request-slots-exhausted",
        said=words(r"alloc_req_slots runs out of memory"),
        cause="there were more requests than slots for them",
        writes=(Write("schedule.max_running_requests", "fewer"),),
        link=f"{SGLANG}/issues/10408",
    ),
    Signature(
        name="gpu-shared-with-others",
        said=words(r"[Tt]he memory capacity is unbalanced"),
        cause="the GPUs do not have the same memory free: somebody else uses some of them",
        writes=(Write("", "end what else runs on these GPUs"),),
        link=f"{SGLANG}/issues/1533",
    ),
    Signature(
        name="killed-by-the-kernel",
        line=words(
            r"(?!\[deployer\]).*"
            r"(?:Out of memory: Killed process|Memory cgroup out of memory|oom-kill:constraint)",
            r"\[deployer\] killed by SIGKILL, by the kernel for want of memory: ",
        ),
        cause="the kernel killed a process because the machine or its container was out of memory",
        writes=(
            Write(
                "memory.hierarchical_cache", "`false`: it holds KV cache in the machine's memory"
            ),
            Write("memory.cpu_offload_gb", "less, or nothing"),
            Write("", "more memory for the machine or the container"),
        ),
        link=f"{SGLANG}/pull/20287",
    ),
    Signature(
        name="killed-by-somebody",
        line=words(r"\[deployer\] killed by SIGKILL, and not for want of memory: "),
        cause="a process of the engine was killed with SIGKILL, and the kernel counts none that it"
        " killed for want of memory: somebody sent the signal, be it a person, a platform that ends"
        " what takes too long, or another process of the engine",
        writes=(
            Write("", "look who sends it: what the platform tells of the machine, its audit log"),
        ),
        link=f"{SGLANG}/pull/20287",
        symptom=True,
        outside=True,
    ),
    Signature(
        name="killed-from-outside",
        said=words(
            r"scheduler died during initialization \(exit code: -9\)",
        ),
        line=words(
            r"\[deployer\] killed by SIGKILL, (?:perhaps by the kernel|by whom could not)",
            r"Subprocess \S+ \(pid=\d+\) crashed with exit code -9",
            r"Rank \d+ scheduler is dead",
        ),
        cause="a process of the engine was killed with SIGKILL, of which its own log tells nothing;"
        " mostly that is the kernel, where a machine or a container is out of memory (`dmesg` and"
        " the container's events tell)",
        writes=(
            Write(
                "memory.hierarchical_cache", "`false`: it holds KV cache in the machine's memory"
            ),
            Write("memory.cpu_offload_gb", "less, or nothing"),
            Write("", "more memory for the machine or the container"),
        ),
        link=f"{SGLANG}/pull/20287",
        symptom=True,
        outside=True,
    ),
    Signature(
        name="machine-out-of-memory",
        said=words(r"\[Errno 12\]", r"Cannot allocate memory", r"^MemoryError", r"bad_alloc"),
        cause="the machine gave a process no more memory",
        writes=(
            Write("memory.cpu_offload_gb", "less, or nothing"),
            Write("", "more memory for the machine or the container"),
        ),
        link=f"{SGLANG}/issues/5762",
    ),
)
