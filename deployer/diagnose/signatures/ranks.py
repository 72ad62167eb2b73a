"""Several GPUs that cannot share a model, or cannot talk."""

from deployer.diagnose.signature import Signature, Write, words

SGLANG = "https://github.com/sgl-project/sglang"

NO_OWN_ALLREDUCE = Write("engine.args", "disable-custom-all-reduce: true")

SIGNATURES = (
    Signature(
        name="layer-not-divisible-by-blocks",
        said=words(
            r"Weight (?P<what>\w+) = (?P<size>\d+) is not divisible by weight quantization "
            r"(?P<block>block_\w) = (?P<by>\d+)"
        ),
        cause="on so many GPUs a layer has {size} rows or columns each, and its weights are"
        " quantized in blocks of {by}",
        writes=(
            Write("parallel.tp", "fewer, so that {by} divides each GPU's part"),
            Write("parallel.ep", "experts whole on one GPU, instead of parts of each"),
        ),
        link=f"{SGLANG}/issues/4791",
    ),
    Signature(
        name="not-divisible",
        said=words(
            r"(?P<all>\d+) is not divisible by (?P<by>\d+)",
            r"must be divisible by (?:tensor parallel size|tp_size)",
        ),
        cause="something of the model, such as its attention heads, cannot be divided by the number"
        " of GPUs: {all} by {by}",
        writes=(Write("parallel.tp", "a number that divides the model's heads and sizes"),),
        link=f"{SGLANG}/issues/3436",
    ),
    Signature(
        name="gpu-number-too-high",
        said=words(r"invalid device ordinal"),
        cause="the engine was told to use more GPUs than it can see",
        writes=(
            Write("parallel.tp", "as many as `hardware.count`"),
            Write("hardware.count", "as many as are used"),
            Write("engine.env", "a CUDA_VISIBLE_DEVICES that lists them all, or none"),
        ),
        link=f"{SGLANG}/issues/3470",
    ),
    Signature(
        name="shared-memory-too-small",
        said=words(
            r"/dev/shm",  # noqa: S108 - what is looked for
            r"creating shared memory segment",
            r"insufficient shared memory",
            r"unable to (?:mmap|open) shared memory",
        ),
        line=words(r".*Error while creating shared memory segment (?P<file>\S+)"),
        cause="there is too little shared memory (/dev/shm) for the ranks to talk through",
        writes=(
            Write("", "more of it for the container: `--shm-size=32g`, or `--ipc=host`"),
            Write("engine.env", "NCCL_SHM_DISABLE: 1, at some loss of speed"),
        ),
        link=f"{SGLANG}/issues/5096",
    ),
    Signature(
        name="peer-access-missing",
        said=words(
            r"peer access is not supported", r"cudaIpcOpenMemHandle", r"custom_all_reduce\.cuh"
        ),
        line=words(r"Failed: Cuda error \S*custom_all_reduce"),
        cause="the GPUs cannot read each other's memory (no NVLink, or the machine forbids it), and"
        " the engine's own all-reduce needs that",
        writes=(NO_OWN_ALLREDUCE,),
        link=f"{SGLANG}/issues/4814",
    ),
    Signature(
        name="ranks-lost-each-other",
        said=words(
            r"ncclRemoteError",
            r"remote process exited or there was a network error",
            r"Connection closed by peer",
            r"Connection reset by peer",
            r"Broken pipe",
            r"recvValue failed",
            r"Socket Timeout",
            r"wait timeout after \d+ms",
        ),
        within=words(
            r"distributed",
            r"parallel_state",
            r"broadcast",
            r"all_reduce",
            r"all_gather",
            r"graph_runner",
        ),
        cause="a rank lost another one, which must have ended before it; the log does not say of"
        " what",
        writes=(Write("engine.env", "NCCL_DEBUG: INFO, and look at what the other ranks said"),),
        link=f"{SGLANG}/issues/4205",
        symptom=True,
    ),
    Signature(
        name="ranks-waited-in-vain",
        said=words(r"Watchdog caught collective operation timeout: WorkNCCL\(.*OpType=(?P<op>\w+)"),
        line=words(
            r"\[E\S* [\d:.]+ ProcessGroupNCCL\.cpp:\d+\] .*Watchdog caught collective operation"
            r" timeout: WorkNCCL\(.*OpType=(?P<op>\w+)"
        ),
        cause="the ranks waited for one another in {op} until the time was up: one of them hung,"
        " was compiling, or computed something else",
        writes=(
            Write("engine.args", "dist-timeout: more seconds, where one rank compiled kernels"),
            NO_OWN_ALLREDUCE,
        ),
        link=f"{SGLANG}/issues/3783",
        symptom=True,
    ),
    Signature(
        name="nccl-failed",
        said=words(
            r"NCCL error: (?P<why>[^\n(]+)",
            r"ncclSystemError",
            r"ncclInternalError",
            r"ncclUnhandledCudaError",
        ),
        cause="NCCL, by which the ranks talk, could not do its work",
        writes=(
            Write("engine.env", "NCCL_DEBUG: INFO, to have it say why"),
            Write("", "more shared memory, and no network interface that leads nowhere"),
        ),
        link=f"{SGLANG}/issues/4289",
    ),
    Signature(
        name="port-taken",
        said=words(
            r"[Aa]ddress already in use", r"EADDRINUSE", r"Port is already in use", r"\[Errno 98\]"
        ),
        line=words(
            r"(?:ERROR: +)?\[Errno 98\] error while attempting to bind on address"
            r" (?P<address>\([^)]*\))"
        ),
        cause="a port that the engine needs is taken by somebody else",
        writes=(
            Write("serving.port", "another one"),
            Write("", "end what listens there: `ss -ltnp` shows it"),
        ),
        link=f"{SGLANG}/issues/9396",
    ),
    Signature(
        name="numa-nodes-too-few",
        said=words(
            r"SGLANG_CPU_OMP_THREADS_BIND is not set[^\n]*? = (?P<ranks>\d+)\)[^\n]*?"
            r"numa nodes? on the machine (?P<nodes>\d+)",
            r"SGLANG_CPU_OMP_THREADS_BIND is not set",
        ),
        cause="without a GPU each rank wants a NUMA node of its own, and there are more ranks than"
        " nodes",
        writes=(
            Write("parallel.tp", "1, or as many as `lscpu` counts NUMA nodes"),
            Write("engine.env", "SGLANG_CPU_OMP_THREADS_BIND: the cores of each rank, 0-7|8-15"),
        ),
        link=f"{SGLANG}/pull/6549",
    ),
)
