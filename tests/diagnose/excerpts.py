# ruff: noqa: E501 - lines of logs are as long as they are
"""A log of each failure that is known, in the form in which SGLang's processes write it.

They are written anew: the form is that of ``configure_logger`` and ``run_scheduler_process``
(0.5.9 to 0.5.23) and of PyTorch's and Python's own words, and what is said is what public reports
say; names, numbers and moments are made up.
"""

from __future__ import annotations

AT = "2026-10-30 07:12:41"
SRT = "/sgl-workspace/sglang/python/sglang/srt"
PACKAGES = "/usr/local/lib/python3.12/dist-packages"

SIGQUIT = f"[{AT}] Received sigquit from a child process. It usually means the child failed.\n"

LOAD = (
    "managers/scheduler.py:568 __init__",
    "managers/tp_worker.py:319 __init__",
    "model_executor/model_runner.py:1312 load_model",
    "model_loader/loader.py:1020 load_model",
)
"""From a scheduler's start down to its weights."""

START = """\
[2026-10-30 07:10:02] server_args=ServerArgs(model_path='/mnt/weights/m', tp_size=8)
[2026-10-30 07:10:31 TP0] Init torch distributed begin.
[2026-10-30 07:10:36 TP0] Init torch distributed ends. elapsed=5.01 s, mem usage=1.62 GB
[2026-10-30 07:10:37 TP0] Ignore import error when loading sglang.srt.models.mind: No module named 'mind'
[2026-10-30 07:10:37 TP0] Load weight begin. avail mem=138.35 GB
"""
GRAPHS = (
    START
    + """\
[2026-10-30 07:11:50 TP0] Load weight end. elapsed=73.20 s, type=MForCausalLM, avail mem=47.30 GB, mem usage=91.05 GB.
[2026-10-30 07:11:50 TP0] KV Cache is allocated. dtype: torch.bfloat16, #tokens: 311296, KV size: 30.10 GB
[2026-10-30 07:11:50 TP0] Memory pool end. avail mem=16.11 GB
[2026-10-30 07:11:51 TP0] Capture target decode CUDA graph begin. backend=full, bs=[1, 2, 4], avail mem=15.98 GB
"""
)
SERVING = (
    GRAPHS
    + """\
[2026-10-30 07:12:03 TP0] Capture target decode CUDA graph end. elapsed=11.92 s, mem usage=2.08 GB, avail mem=13.90 GB.
[2026-10-30 07:12:05] INFO:     Started server process [17]
[2026-10-30 07:12:05] INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)
[2026-10-30 07:12:08] The server is fired up and ready to roll!
[2026-10-30 07:12:20 TP0] Decode batch, #running-req: 31, #token: 90112, token usage: 0.29, gen throughput (token/s): 1450.03, #queue-req: 0
"""
)


def died(
    said: str, *frames: str, rank: str = "TP3", after: str = START, who: str = "Scheduler"
) -> str:
    """Give the log of a process that dies of an exception, and tells it."""
    return f"{after}{hit(said, *frames, rank=rank, who=who)}{SIGQUIT}"


def hit(said: str, *frames: str, rank: str = "TP3", who: str = "Scheduler") -> str:
    """Give what a process says of the exception that ends it."""
    places = ("managers/scheduler.py:6362 run_scheduler_process", *frames)
    lines = "".join(map(_frame, places))
    return f"[{AT} {rank}] {who} hit an exception: Traceback (most recent call last):\n{lines}{said}\n\n"


def uncaught(said: str, *frames: str) -> str:
    """Give what Python writes of an exception that leaves the parent before any child is there."""
    lines = "".join(map(_frame, frames))
    return (
        "Traceback (most recent call last):\n"
        '  File "<frozen runpy>", line 198, in _run_module_as_main\n'
        '  File "<frozen runpy>", line 88, in _run_code\n'
        f'  File "{SRT.removesuffix("/srt")}/launch_server.py", line 71, in <module>\n'
        f"    run_server(server_args)\n{lines}{said}\n"
    )


def refused(why: str) -> str:
    """Give what argparse writes before it ends a program."""
    return (
        "usage: launch_server.py [-h] --model-path MODEL_PATH [--tp-size TP_SIZE]\n"
        "                        [--tool-call-parser {glm45,glm47,qwen25}]\n"
        f"launch_server.py: error: {why}\n"
    )


def _frame(place: str) -> str:
    file, _, function = place.rpartition(" ")
    name, _, line = file.rpartition(":")
    path = name if name.startswith("/") else f"{SRT}/{name}"
    return f'  File "{path}", line {line}, in {function}\n    something = of(the, code)\n                ^^^^^^^^^^^^^\n'


FULL = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.31 GiB. GPU 3 has a total "
    "capacity of 139.80 GiB of which 1.07 GiB is free. Including non-PyTorch memory, this process "
    "has 138.72 GiB memory in use."
)
ACCESS = (
    "torch.AcceleratorError: CUDA error: an illegal memory access was encountered\n"
    "CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace "
    "below might be incorrect.\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1"
)
HUB = f"{PACKAGES}/transformers/utils/hub.py:543 cached_files"
CONFIG = "utils/hf_transformers/config.py:228 parse"
RUN = ("managers/scheduler.py:4470 run_batch", "model_executor/model_runner.py:2989 forward_extend")
CAPTURE = (
    "model_executor/model_runner.py:2760 init_decode_cuda_graph",
    "model_executor/runner/decode_cuda_graph_runner.py:599 __init__",
    "model_executor/runner/decode_cuda_graph_runner.py:811 capture",
)
DISTRIBUTED = ("distributed/parallel_state.py:1831 initialize_model_parallel",)

EXCERPTS = {
    "gpu-held-by-another": died(
        f"{FULL} Process 11082 has 13.06 GiB memory in use. Of the allocated memory 125.52 GiB is "
        "allocated by PyTorch, and 24.11 MiB is reserved by PyTorch but unallocated.", *CAPTURE,
    ),
    "gpu-full-for-the-draft": died(
        FULL, "speculative/eagle_worker.py:142 __init__", *LOAD,
        "model_loader/weight_utils.py:1175 initialize_dummy_weights",
    ),
    "gpu-full-at-graph-capture": (
        f"{GRAPHS}\rCapturing batches (bs=48 avail_mem=1.12 GB):  10%|#  | 1/10 [00:31<04:43, 31.52s/it]"
        f"{hit(FULL, *CAPTURE)}".replace(
            f"{FULL}\n",
            f"{FULL}\n\nDuring handling of the above exception, another exception occurred:\n\n"
            "Traceback (most recent call last):\n"
            f'  File "{SRT}/managers/scheduler.py", line 6362, in run_scheduler_process\n'
            "    scheduler = Scheduler(server_args, port_args)\n"
            f'  File "{SRT}/model_executor/runner/decode_cuda_graph_runner.py", line 602, in __init__\n'
            "    raise Exception(\n"
            "Exception: Capture cuda graph failed: CUDA out of memory.\nPossible solutions:\n"
            "1. set --mem-fraction-static to a smaller value (e.g., 0.8 or 0.7)\n",
        ) + SIGQUIT
    ),
    "gpu-full-at-load": died(FULL, *LOAD, "layers/quantization/fp8.py:611 create_weights"),
    "gpu-full-at-the-pool": died(FULL, "mem_cache/memory_pool.py:880 _create_buffers"),
    "gpu-full-while-serving": died(FULL, *RUN, "models/glm4_moe.py:940 forward", after=SERVING),
    "gpu-full": died("RuntimeError: CUDA error: out of memory", "layers/sampler.py:90 __init__"),
    "no-room-for-the-pool": died(
        "ValueError: Loaded weights leave no GPU memory for the KV cache under "
        "--mem-fraction-static=0.62. Raise --mem-fraction-static above 0.671 (minimum viable = 1 - "
        "available/pre = 0.6706). If using speculative decoding, draft weights are now counted.",
        "mem_cache/kv_cache_configurator.py:1647 _profile_available_bytes",
    ),
    "pool-too-small": died(
        "RuntimeError: Not enough memory. Please try to increase --mem-fraction-static.",
        "model_executor/model_runner.py:1402 init_memory_pool",
    ),
    "pool-exhausted": died(
        "RuntimeError: Prefill out of memory. Try to lower your batch size.\nTry to allocate 4096 "
        "tokens.\nAvailable full tokens: 3712 (full_available_size=128 + full_evictable_size_=3584)",
        "managers/schedule_batch.py:2110 prepare_for_extend", after=SERVING,
    ),
    "request-slots-exhausted": died(
        "RuntimeError: alloc_req_slots runs out of memory. Please set a smaller number for "
        "`--max-running-requests`. self.req_to_token_pool.available_size()=1, num_reqs=2,",
        "mem_cache/allocation.py:345 alloc_req_slots", after=SERVING,
    ),
    "gpu-shared-with-others": died(
        "RuntimeError: The memory capacity is unbalanced. Some GPUs may be occupied by other "
        "processes. pre_model_load_memory=61.2, local_gpu_memory=138.4",
        "model_executor/model_runner.py:905 init_torch_distributed",
    ),
    "killed-by-the-kernel": (
        f"{START}[40211.911402] Memory cgroup out of memory: Killed process 9120 (sglang::schedul) "
        "total-vm:261120044kB, anon-rss:130220112kB, file-rss:71232kB, shmem-rss:0kB, UID:0\n"
    ),
    "killed-by-somebody": (
        f"{START}\n[deployer] killed by SIGKILL, and not for want of memory: sglang::scheduler "
        "(process 9120) has ended: killed by SIGKILL (9); its control group "
        "(/sys/fs/cgroup/memory.events) oom_kill 0, 0 at the launch; the kernel's log not looked at "
        "(Operation not permitted)\n"
    ),
    "killed-from-outside": (
        f"{START}[{AT}] Subprocess scheduler_3 (pid=9120) crashed with exit code -9. Triggering "
        "SIGQUIT for cleanup...\n"
    ) + SIGQUIT,
    "machine-out-of-memory": died(
        "OSError: [Errno 12] Cannot allocate memory", "managers/scheduler.py:6290 __init__"
    ),
    "argument-unknown": refused("unrecognized arguments: --enable-reasoning"),
    "choice-unknown": refused(
        "argument --tool-call-parser: invalid choice: 'llama4' (choose from 'glm45', 'qwen25')"
    ),
    "argument-refused": refused("argument --tp-size: expected one argument"),
    "context-too-long": uncaught(
        "ValueError: User-specified context_length (262144) is greater than the derived "
        "context_length (131072). This may lead to incorrect model outputs or CUDA errors. To allow "
        "overriding this maximum, set the env var SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN=1",
        "configs/model_config.py:1310 _derive_context_length",
    ),
    "chat-template-unknown": uncaught(
        "RuntimeError: Chat template ./templates/mine.jinja is not a built-in template name or a "
        "valid chat template file path.",
        "parser/template_manager.py:245 _load_explicit_chat_template",
    ),
    "grammar-backend-missing": died(
        "ValueError: Invalid grammar backend: guidance",
        "constrained/base_grammar_backend.py:446 create_grammar_backend",
    ),
    "too-many-open-files": died(
        "OSError: [Errno 24] Too many open files", "managers/io_struct.py:90 recv_pyobj", after=SERVING
    ),
    "own-request-failed": (
        f"{GRAPHS}[{AT}] Initialization failed. warmup error: Traceback (most recent call last):\n"
        f'  File "{SRT}/entrypoints/http_server.py", line 2350, in _execute_server_warmup\n'
        '    assert res.status_code == 200, f"{res=}, {res.text=}"\n'
        "           ^^^^^^^^^^^^^^^^^^^^^^\n"
        "AssertionError: res=<Response [502]>, res.text=''\n\n"
    ),
    "layer-not-divisible-by-blocks": died(
        "ValueError: Weight output_partition_size = 576 is not divisible by weight quantization "
        "block_n = 128.",
        *LOAD, "layers/quantization/fp8.py:608 validate_block_quant_shapes",
    ),
    "not-divisible": died(
        "AssertionError: 52 is not divisible by 8", *LOAD, "distributed/utils.py:70 ensure_divisibility"
    ),
    "gpu-number-too-high": died(
        "torch.AcceleratorError: CUDA error: invalid device ordinal\nGPU device may be out of range, "
        "do you have enough GPUs?", "model_executor/model_runner.py:860 init_torch_distributed",
    ),
    "shared-memory-too-small": (
        f"{START}b7:4411:4411 [3] include/shm.h:48 NCCL WARN Error while creating shared memory "
        "segment /dev/shm/nccl-Qx81pL (size 9637888)\n"
    ) + hit(
        "RuntimeError: NCCL error: unhandled system error (run with NCCL_DEBUG=INFO for details)",
        *DISTRIBUTED,
    ) + SIGQUIT,
    "peer-access-missing": (
        f"{START}Failed: Cuda error /sgl-kernel/csrc/allreduce/custom_all_reduce.cuh:307 'peer access "
        "is not supported between these two devices'\n"
    ) + SIGQUIT,
    "ranks-lost-each-other": died(
        "RuntimeError: [../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer "
        "[172.17.0.4]:41207", "distributed/parallel_state.py:1210 broadcast_object_list",
    ),
    "ranks-waited-in-vain": (
        f"{SERVING}[rank5]:[E1030 07:22:41.408271257 ProcessGroupNCCL.cpp:683] [Rank 5] Watchdog caught "
        "collective operation timeout: WorkNCCL(SeqNum=9141, OpType=_ALLGATHER_BASE, NumelIn=19008, "
        "NumelOut=152064, Timeout(ms)=600000) ran for 600020 milliseconds before timing out.\n"
    ),
    "nccl-failed": died(
        "RuntimeError: NCCL error: unhandled cuda error (run with NCCL_DEBUG=INFO for details)",
        *DISTRIBUTED, "distributed/device_communicators/pynccl_wrapper.py:375 NCCL_CHECK",
    ),
    "numa-nodes-too-few": died(
        "AssertionError: SGLANG_CPU_OMP_THREADS_BIND is not set, in this case, the total number of "
        "ranks (dp_size * tp_size * pp_size = 4) should be smaller than or equal to number of numa "
        "node on the machine 2.", "utils/numa_utils.py:463 init_threads_binding",
    ),
    "port-taken": (
        f"{SERVING}[{AT}] ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', "
        "8000): address already in use\n"
    ),
    "driver-too-old": died(
        "RuntimeError: The NVIDIA driver on your system is too old (found version 12040). Please "
        "update your GPU driver", "model_executor/model_runner.py:860 init_torch_distributed",
    ),
    "no-gpu": uncaught(
        "RuntimeError: No CUDA GPUs are available", "utils/common.py:310 get_device_capability"
    ),
    "no-kernel-for-this-gpu": died(
        "RuntimeError: RMSNorm failed with error code no kernel image is available for execution on "
        "the device", *CAPTURE, after=GRAPHS,
    ),
    "gpu-broken": died(
        "torch.AcceleratorError: CUDA error: uncorrectable ECC error encountered", *RUN, after=SERVING
    ),
    "illegal-memory-access": died(ACCESS, "managers/scheduler.py:4470 run_batch", after=SERVING),
    "index-out-of-bounds": died(
        "torch.AcceleratorError: CUDA error: device-side assert triggered", *RUN, after=SERVING
    ),
    "not-a-number": died(
        "ValueError: Detected errors during sampling! NaN in the logits.",
        "layers/sampler.py:144 forward", after=SERVING,
    ),
    "attention-not-for-this-gpu": died(
        "AssertionError: FlashAttention v3 Backend requires SM>=80 and SM<=90. Please use "
        "`--attention-backend flashinfer`.",
        "layers/attention/attention_registry.py:244 create_flashattention_v3_backend",
    ),
    "nvcc-missing": died("RuntimeError: Could not find nvcc and default cuda_home='/usr/local/cuda'",
                         f"{PACKAGES}/flashinfer/jit/cpp_ext.py:61 get_cuda_path"),
    "deepgemm-not-compiled": died(
        "RuntimeError: Assertion error (csrc/apis/../jit_kernels/impls/../../jit/compiler.hpp:176): "
        'false and "NVCC compilation failed"',
        "layers/deep_gemm_wrapper/entrypoint.py:118 gemm_nt_f8f8bf16",
    ),
    "flashinfer-not-compiled": died(
        "RuntimeError: Ninja build failed. Ninja output:\n[1/3] c++ -MMD -MF binding.o.d\nninja: build "
        "stopped: subcommand failed.", f"{PACKAGES}/flashinfer/jit/cpp_ext.py:306 run_ninja",
    ),
    "triton-kernel-too-large": died(
        "triton.runtime.errors.OutOfResources: out of resource: shared memory, Required: 147456, "
        "Hardware limit: 101376. Reducing block sizes or `num_stages` may help.",
        f"{PACKAGES}/triton/compiler/compiler.py:483 _init_handles", after=GRAPHS,
    ),
    "triton-not-compiled": died(
        "subprocess.CalledProcessError: Command '['/usr/bin/gcc', '/tmp/tmpq1/cuda_utils.c', '-O3', "
        "'-shared']' returned non-zero exit status 1.",
        f"{PACKAGES}/triton/backends/nvidia/driver.py:40 compile_module_from_src",
    ),
    "packages-do-not-fit": uncaught(
        "ImportError: /usr/local/lib/python3.12/dist-packages/sgl_kernel/common_ops.abi3.so: undefined "
        "symbol: _ZNK3c106SymInt6sym_neERKS0_", "layers/activation.py:31 <module>",
    ),
    "package-missing": uncaught(
        "ModuleNotFoundError: No module named 'openai_harmony'", "entrypoints/engine.py:45 <module>"
    ),
    "scheduler-stood-still": (
        f"{SERVING}[{AT} TP3] Scheduler watchdog timeout (self.watchdog_timeout=300, self.soft=False)\n"
    ) + SIGQUIT,
    "no-progress": (
        f"{SERVING}\n[deployer] the engine hangs; where its processes stand:\n"
        "[deployer] sglang::scheduler (process 41), stopped: do_signal_stop\n"
        "[deployer]   wait_for_work (scheduler.py:1763)\n"
    ),
    "crashed-in-native-code": (
        f"{SERVING}Fatal Python error: Segmentation fault\n\n"
        "Current thread 0x00007ee43dfff640 (most recent call first):\n"
        f'  File "{SRT}/managers/scheduler.py", line 1763 in pop_and_process\n'
    ) + SIGQUIT,
    "weights-file-missing": died(
        "RuntimeError: model.safetensors.index.json references 2 shard file(s) missing from "
        "/mnt/weights/m (incomplete download?): ['model-00007-of-00092.safetensors']",
        *LOAD, "model_loader/weight_utils.py:801 filter_duplicate_safetensors_files",
    ),
    "no-weights": died(
        "RuntimeError: Cannot find any model weights with `/mnt/weights/m`",
        *LOAD, "model_loader/loader.py:580 _prepare_weights",
    ),
    "weights-file-broken": died(
        "safetensors._safetensors_rust.SafetensorError: Error while deserializing header: header too "
        "large", *LOAD, "model_loader/weight_utils.py:1354 _load_file",
    ),
    "draft-does-not-fit": died(
        "AttributeError: 'Qwen2ForCausalLM' object has no attribute 'set_embed'",
        "speculative/eagle_worker_v2.py:171 init_lm_head",
    ),
    "adapter-not-found": died(
        "RuntimeError: Failed to load LoRA adapter sql: [Errno 2] No such file or directory: "
        "'/mnt/adapters/sql/adapter_config.json'", "lora/lora_manager.py:760 init_lora_adapters",
    ),
    "adapter-does-not-fit": died(
        "ValueError: LoRA adapter sql with rank 64 is incompatible with the current LoRA memory pool "
        "configuration. Please ensure that the LoRA adapter's rank is within the configured "
        "`--max-lora-rank`", "lora/lora_manager.py:371 validate_new_adapter",
    ),
    "weight-unknown": died(
        "KeyError: 'model.layers.13.mlp.experts.w2_weight_scale'", *LOAD,
        "models/deepseek_v2.py:1921 load_weights",
    ),
    "weight-of-other-shape": died(
        "AssertionError", *LOAD, "models/qwen3.py:702 load_weights", "layers/linear.py:1226 weight_loader"
    ),
    "repository-gated": uncaught(
        "OSError: You are trying to access a gated repo.\nMake sure to have access to it at "
        "https://huggingface.co/some/model.\n401 Client Error. (Request ID: Root=1-69)", HUB,
    ),
    "hub-refuses-more": uncaught(
        "huggingface_hub.errors.HfHubHTTPError: 429 Client Error: Too Many Requests for url: "
        "https://huggingface.co/some/model/resolve/main/config.json", HUB,
    ),
    "hub-not-asked": uncaught(
        "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot "
        "folder for the specified revision on the local disk and outgoing traffic has been disabled.",
        HUB,
    ),
    "hub-unreachable": uncaught(
        "requests.exceptions.ConnectionError: (MaxRetryError('HTTPSConnectionPool: Max retries exceeded "
        "with url: /some/model/resolve/main/config.json'))", HUB,
    ),
    "repository-unknown": uncaught(
        "OSError: some/modle is not a local folder and is not a valid model identifier listed on "
        "'https://huggingface.co/models'", HUB, CONFIG,
    ),
    "remote-code-not-trusted": uncaught(
        "ValueError: The repository some/model contains custom code which must be executed to correctly "
        "load the model.", CONFIG,
    ),
    "architecture-unknown": died(
        "ValueError: Model architectures ['MindForCausalLM'] are not supported for now. Supported "
        "architectures: dict_keys(['LlamaForCausalLM'])", "models/registry.py:64 _raise_for_unsupported",
    ),
    "model-type-unknown": uncaught(
        "ValueError: The checkpoint you are trying to load has model type `mind` but Transformers does "
        "not recognize this architecture.", CONFIG,
    ),
    "tokenizer-broken": uncaught(
        "ValueError: Couldn't instantiate the backend tokenizer from one of: \n(1) a `tokenizers` library "
        "serialization file, \n(2) a slow tokenizer instance to convert",
        "utils/hf_transformers/tokenizer.py:402 get_tokenizer",
    ),
    "quantization-contradicted": uncaught(
        "ValueError: Quantization method specified in the model config (fp8) does not match the "
        "quantization method specified in the `quantization` argument (awq).",
        "configs/model_config.py:2143 _verify_quantization",
    ),
    "quantization-not-for-this-gpu": died(
        "ValueError: The quantization method fp8 is not supported for the current GPU. Minimum "
        "capability: 80. Current capability: 75.", *LOAD, "model_loader/loader.py:262 _get_quantization_config",
    ),
    "disk-full": died(
        "OSError: [Errno 28] No space left on device: '/var/cache/flashinfer'",
        "layers/attention/flashinfer_backend.py:88 __init__",
    ),
}  # fmt: skip
