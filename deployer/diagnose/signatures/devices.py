"""A GPU, its driver, its kernels, and what compiles them."""

from deployer.diagnose.signature import Signature, Write, words

SGLANG = "https://github.com/sgl-project/sglang"

OTHER_IMAGE = Write("engine.image", "the release's official image for this GPU and driver")

SIGNATURES = (
    Signature(
        name="driver-too-old",
        said=words(
            r"driver on your system is too old \(found version (?P<version>\d+)\)",
            r"CUDA driver version is insufficient",
            r"unsupported display driver",
            r"forward compatibility was attempted on non supported HW",
        ),
        cause="the machine's NVIDIA driver is older than the CUDA that the engine was built with",
        writes=(
            Write("engine.image", "an image for an older CUDA (`-cu126` instead of `-cu130`)"),
            Write("", "a newer driver on the machine"),
        ),
        link="https://github.com/ovg-project/kvcached/issues/74",
    ),
    Signature(
        name="no-gpu",
        said=words(
            r"No CUDA GPUs are available",
            r"Found no NVIDIA driver",
            r"no CUDA-capable device is detected",
            r"NVML_ERROR|NVMLError",
        ),
        cause="the engine sees no GPU",
        writes=(
            Write("hardware.gpu", "the type that is there; `cpu` where there is none"),
            Write("engine.env", "a CUDA_VISIBLE_DEVICES that lists them, or none"),
        ),
        link="https://github.com/vllm-project/vllm/issues/14413",
    ),
    Signature(
        name="no-kernel-for-this-gpu",
        said=words(r"no kernel image is available for execution on the device"),
        cause="a kernel was not built for this GPU's architecture",
        writes=(OTHER_IMAGE, Write("kernels.attention", "a backend that has kernels for this GPU")),
        link=f"{SGLANG}/issues/7249",
    ),
    Signature(
        name="gpu-broken",
        said=words(
            r"uncorrectable ECC error",
            r"fallen off the bus",
            r"GPU is lost",
            r"NVLink error",
            r"\bXid\b",
        ),
        line=words(r".*NVRM: Xid \(.*\): (?P<xid>\d+)"),
        cause="a GPU, its memory or its link is broken, or has to be reset",
        writes=(Write("", "another machine; on your own, `nvidia-smi -q` and a reset of the GPU"),),
        link=f"{SGLANG}/issues/3204",
    ),
    Signature(
        name="illegal-memory-access",
        said=words(
            r"an illegal memory access was encountered",
            r"CUDA error: misaligned address",
            r"Failed to encode tensor map: 700",
        ),
        cause="a kernel read or wrote where it must not: a fault of a kernel, not of the profile;"
        " the place that the traceback names is where it was noticed",
        writes=(
            Write("engine.version", "a newer release"),
            Write("kernels.attention", "another backend"),
            Write("kernels.cuda_graph", "`false`, to see whether it is a captured graph"),
            Write("engine.env", "CUDA_LAUNCH_BLOCKING: 1, to have the traceback name the kernel"),
        ),
        link=f"{SGLANG}/issues/18785",
    ),
    Signature(
        name="index-out-of-bounds",
        said=words(r"device-side assert triggered"),
        cause="a kernel found an index out of bounds: a token that the model does not have, or a"
        " position past its context",
        writes=(
            Write("model.context_length", "no more than the model and its draft were made for"),
            Write("engine.env", "CUDA_LAUNCH_BLOCKING: 1, to have the traceback name the kernel"),
        ),
        link=f"{SGLANG}/issues/12678",
    ),
    Signature(
        name="not-a-number",
        said=words(
            r"probability tensor contains either",
            r"NaN in the (?:logits|probability)",
            r"Detected errors during sampling",
        ),
        cause="the model computed something that is no number: wrong weights, a wrong scale of a"
        " quantized KV cache, or a faulty kernel",
        writes=(
            Write("memory.kv_cache_dtype", "`bfloat16`"),
            Write("kernels.attention", "another backend"),
        ),
        link=f"{SGLANG}/issues/1764",
    ),
    Signature(
        name="attention-not-for-this-gpu",
        said=words(
            r"(?P<backend>[\w' ]+) Backend requires SM",
            r"'?(?P<named>\w+)'? backend is not supported on",
            r"backend is only supported on",
            r"Only \{.*\} backends are supported on",
            r"Only SM \d+\.x and \d+\.x are supported",
        ),
        cause="the attention backend that was chosen does not run on this GPU",
        writes=(
            Write(
                "kernels.attention",
                "a backend for this GPU, or leave it out: the engine chooses one",
            ),
        ),
        link=f"{SGLANG}/issues/12360",
    ),
    Signature(
        name="nvcc-missing",
        said=words(
            r"[Cc]ould not find nvcc",
            r"No such file or directory: '?\S*nvcc'?",
            r"CUDA_HOME environment variable is not set",
            r"find_cuda_home",
            r"nvcc: (?:command )?not found",
        ),
        cause="a kernel has to be compiled, and there is no nvcc here",
        writes=(
            Write(
                "engine.image",
                "an image with the CUDA toolkit; the official ones have it,"
                " those named `-runtime` do not",
            ),
        ),
        link=f"{SGLANG}/issues/5002",
    ),
    Signature(
        name="deepgemm-not-compiled",
        said=words(
            r"NVCC compilation failed",
            r"NVRTC compilation failed",
            r"deep_gemm\S*.*(?:[Aa]ssertion error|compil)",
        ),
        line=words(r".*NVCC compilation failed: (?P<why>.+)"),
        cause="DeepGEMM could not compile a kernel",
        writes=(
            OTHER_IMAGE,
            Write("kernels.fp8_gemm", "another backend than DeepGEMM"),
        ),
        link=f"{SGLANG}/issues/7387",
    ),
    Signature(
        name="flashinfer-not-compiled",
        said=words(
            r"Ninja build failed",
            r"No such file or directory: 'ninja'",
            r"Command '\[?'ninja'",
            r"flashinfer/jit",
        ),
        cause="FlashInfer could not compile a kernel",
        writes=(
            OTHER_IMAGE,
            Write("kernels.attention", "another backend than FlashInfer"),
            Write("kernels.sampling", "`pytorch`"),
        ),
        link="https://github.com/flashinfer-ai/flashinfer/issues/1892",
    ),
    Signature(
        name="triton-kernel-too-large",
        said=words(
            r"OutOfResources",
            r"out of resource: (?P<what>shared memory), Required: (?P<need>\d+),"
            r" Hardware limit: (?P<limit>\d+)",
        ),
        cause="a Triton kernel needs more shared memory than this GPU has for it",
        writes=(
            Write("moe.runner", "another one than Triton"),
            Write("kernels.attention", "another backend than Triton"),
        ),
        link=f"{SGLANG}/issues/8513",
    ),
    Signature(
        name="triton-not-compiled",
        said=words(
            r"PTXASError",
            r"CompilationError",
            r"ptxas (?:fatal|error)",
            r"Command '\['?/?\S*g?cc'.*cuda_utils",
            r"Failed to find C compiler",
            r"Python\.h: No such file",
        ),
        line=words(r"\S+\.c:\d+:\d+: fatal error: Python\.h: No such file"),
        cause="Triton could not compile a kernel or its helper: a C compiler, Python's headers or a"
        " fitting ptxas are missing",
        writes=(OTHER_IMAGE,),
        link=f"{SGLANG}/issues/1117",
    ),
    Signature(
        name="packages-do-not-fit",
        said=words(
            r"undefined symbol: (?P<symbol>\w+)",
            r"Could not load any common_ops library",
            r"version `GLIBC\w*_[\d.]+' not found",
            r"cannot open shared object file",
        ),
        cause="compiled packages of the engine's environment do not fit together: one was built for"
        " another PyTorch, CUDA or C library",
        writes=(
            Write("engine.image", "the release's official image, with nothing installed into it"),
        ),
        link=f"{SGLANG}/issues/7033",
    ),
    Signature(
        name="package-missing",
        said=words(
            r"^ModuleNotFoundError: No module named '(?P<module>[^']+)'",
            r"^ImportError: cannot import name '(?P<name>[^']+)' from '(?P<of>[^']+)'",
            r"^ImportError: (?P<what>[^\n]+) is not installed",
        ),
        cause="the engine's environment lacks a package, or has another release of it:"
        " {module}{name}{what}",
        writes=(Write("engine.image", "the release's official image, or one that holds it too"),),
        link=f"{SGLANG}/issues/8654",
    ),
    Signature(
        name="scheduler-stood-still",
        said=words(r"(?!)"),
        line=words(
            r"(?:\w+ )?[Ww]atchdog timeout \(self\.watchdog_timeout=(?P<seconds>\d+)[\d.]*"
            r"(?:, self\.soft=False)?\)"
        ),
        cause="the engine's scheduler made no step for {seconds} s and ended the engine: it hung,"
        " or was busy with one step, such as compiling, for longer",
        writes=(
            Write("observability.watchdog_timeout", "longer than the longest step may take"),
            Write("schedule.overlap", "`false`, to see whether the overlapping schedule hangs"),
        ),
        link=f"{SGLANG}/issues/33393",
    ),
    Signature(
        name="no-progress",
        line=words(r"\[deployer\] the engine hangs; where its processes stand"),
        cause="the engine had requests and made no progress, or did not answer our own one, until"
        " the time for that was up, and was ended; the stacks of its processes follow in the log",
        writes=(
            Write("lifecycle.hang_timeout", "longer than the longest step may take"),
            Write("engine.version", "another release, where the stacks stand in the engine"),
        ),
        link=f"{SGLANG}/issues/33393",
    ),
    Signature(
        name="crashed-in-native-code",
        said=words(r"^(?:Segmentation fault|Aborted|Bus error|Illegal instruction)$"),
        line=words(
            r"Fatal Python error: (?P<signal>Segmentation fault|Aborted|Bus error|"
            r"Illegal instruction)",
            r"Subprocess \S+ \(pid=\d+\) crashed with exit code (?P<code>-(?:4|6|7|11))\b",
        ),
        cause="a process of the engine died in compiled code: {signal}{code}",
        writes=(
            Write("engine.version", "a newer release"),
            Write("kernels.attention", "another backend"),
        ),
        link=f"{SGLANG}/issues/38849",
        symptom=True,
    ),
)
