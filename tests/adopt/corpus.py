# ruff: noqa: E501  # commands are as long as people make them
"""Launch commands as people write them, made up for these tests: each must survive an import."""

from __future__ import annotations

SH = "python3 -m sglang.launch_server"

COMMANDS: dict[str, str] = {
    # Plain commands, one thing after another.
    "llama-plain": f"{SH} --model-path meta-llama/Llama-3.1-8B-Instruct",
    "llama-port": f"{SH} --model meta-llama/Llama-3.1-8B-Instruct --host 0.0.0.0 --port 8080",
    "llama-serve": "sglang serve meta-llama/Llama-3.3-70B-Instruct --tp-size 4",
    "llama-equals": f"{SH} --model-path=meta-llama/Llama-3.1-8B-Instruct --tp-size=2 --port=9000",
    "llama-abbreviated": f"{SH} --model-path a/b --tp 4 --mem-frac 0.8 --max-run 64",
    "llama-alias": f"{SH} --model a/b --tensor-parallel-size 4 --data-parallel-size 2",
    "llama-folder": f"{SH} --model-path /models/llama-3.1-8b --served-model-name llama",
    "llama-snapshot": f"{SH} --model-path /hf/hub/models--meta-llama--Llama-3.1-8B/snapshots/0123abc",
    "llama-fp8": f"{SH} --model-path a/b --quantization fp8 --kv-cache-dtype fp8_e5m2",
    "llama-context": f"{SH} --model-path a/b --context-length 32768 --chunked-prefill-size 4096",
    "llama-context-suffix": f"{SH} --model-path a/b --context-length 128Ki --max-total-tokens 512k",
    "llama-dtype": f"{SH} --model-path a/b --dtype bfloat16 --load-format dummy",
    "llama-revision": f"{SH} --model-path a/b --revision 0123456789abcdef",
    "llama-metrics": f"{SH} --model-path a/b --enable-metrics --log-level warning --log-requests",
    "llama-cache-report": f"{SH} --model-path a/b --enable-cache-report --decode-log-interval 10",
    "llama-no-radix": f"{SH} --model-path a/b --disable-radix-cache --page-size 16",
    "llama-overlap": f"{SH} --model-path a/b --disable-overlap-schedule --stream-interval 4",
    "llama-policy": f"{SH} --model-path a/b --schedule-policy fcfs --schedule-conservativeness 0.3",
    "llama-queue": f"{SH} --model-path a/b --max-queued-requests 100 --max-running-requests 256",
    "llama-lora": f"{SH} --model-path a/b --enable-lora --max-lora-rank 64 --lora-paths x=/a y=/b",
    "llama-json": f"""{SH} --model-path a/b --json-model-override-args '{{"rope_scaling": null}}'""",
    "llama-watchdog": f"{SH} --model-path a/b --watchdog-timeout 600 --skip-server-warmup",
    "llama-twice": f"{SH} --model-path a/b --port 8000 --port 9000",
    "llama-backend": f"{SH} --model-path a/b --attention-backend fa3 --sampling-backend pytorch",
    "llama-grammar": f"{SH} --model-path a/b --grammar-backend llguidance --chat-template chatml",
    "llama-multinode": f"{SH} --model-path a/b --tp 8 --nnodes 2 --node-rank 0"
    " --nccl-init-addr 10.0.0.1:5000",
    "llama-pp": f"{SH} --model-path a/b --tp-size 4 --pp-size 2",
    "llama-cpu-offload": f"{SH} --model-path a/b --cpu-offload-gb 16 --enable-hierarchical-cache",
    "llama-graphs": f"{SH} --model-path a/b --cuda-graph-bs-decode 1 2 4 8 16",
    "llama-graph-off": f"{SH} --model-path a/b --disable-cuda-graph",
    "llama-mixed": f"{SH} --model-path a/b --enable-mixed-chunk --random-seed 42",
    "llama-loader": f"""{SH} --model-path a/b --model-loader-extra-config '{{"enable_multithread_load": true}}'""",
    "llama-priority": f"{SH} --model-path a/b --enable-priority-scheduling",
    "embedding": f"{SH} --model-path BAAI/bge-m3 --is-embedding --disable-radix-cache",
    # Other models.
    "qwen3": f"{SH} --model-path Qwen/Qwen3-32B --tp 2 --reasoning-parser qwen3"
    " --tool-call-parser qwen25",
    "qwen3-moe": f"{SH} --model-path Qwen/Qwen3-235B-A22B --tp 8 --ep 8 --moe-a2a-backend deepep",
    "qwen3-coder": f"{SH} --model-path Qwen/Qwen3-Coder-480B --tp 8 --tool-call-parser qwen3_coder",
    "deepseek-v3": f"{SH} --model-path deepseek-ai/DeepSeek-V3 --tp 8 --trust-remote-code"
    " --enable-dp-attention --dp-size 8",
    "deepseek-r1": f"{SH} --model-path deepseek-ai/DeepSeek-R1 --tp 8 --reasoning-parser deepseek-r1"
    " --speculative-algorithm NEXTN --speculative-num-steps 1 --speculative-eagle-topk 1"
    " --speculative-num-draft-tokens 2",
    "deepseek-v32": f"{SH} --model-path deepseek-ai/DeepSeek-V3.2 --tp 8 --attention-backend dsa"
    " --dsa-prefill-backend flashmla_sparse --dsa-decode-backend trtllm",
    "deepseek-eplb": f"{SH} --model-path a/b --tp 8 --ep-size 8 --ep-num-redundant-experts 32"
    " --deepep-mode low_latency --enable-eplb",
    "kimi-k2": f"{SH} --model-path moonshotai/Kimi-K2-Instruct --tp 8 --tool-call-parser kimi_k2"
    " --reasoning-parser kimi_k2 --trust-remote-code",
    "gpt-oss": f"{SH} --model-path openai/gpt-oss-120b --tp 4 --reasoning-parser gpt-oss"
    " --tool-call-parser gpt-oss --moe-runner-backend triton_kernel",
    "mistral": f"{SH} --model-path mistralai/Mistral-Large --tool-call-parser mistral --tp 4",
    "glm45": f"{SH} --model-path zai-org/GLM-4.5-Air-FP8 --tp 4 --tool-call-parser glm47"
    " --reasoning-parser glm45 --mem-fraction-static 0.7",
    "glm51-modern": f"{SH} --model-path /model-cache/GLM-5.1-FP8 --served-model-name glm-5.1"
    " --tp-size 8 --ep-size 1 --host 0.0.0.0 --port 8000 --trust-remote-code"
    " --kv-cache-dtype bfloat16 --attention-backend dsa --dsa-prefill-backend flashmla_sparse"
    " --dsa-decode-backend trtllm --moe-runner-backend flashinfer_trtllm"
    " --flashinfer-allreduce-fusion-backend auto --speculative-algorithm EAGLE"
    " --speculative-num-steps 3 --speculative-eagle-topk 1 --speculative-num-draft-tokens 4"
    " --reasoning-parser glm45 --tool-call-parser glm47 --mem-fraction-static 0.85"
    " --max-running-requests 48 --max-prefill-tokens 32768 --watchdog-timeout 1200 --enable-metrics",
    "glm51-fusion-trtllm": f"{SH} --model-path a/b --tp 8 --flashinfer-allreduce-fusion-backend trtllm",
    "glm51-fusion-off": f"{SH} --model-path a/b --tp 8 --enforce-disable-flashinfer-allreduce-fusion",
    # Wrappers and environment.
    "wrapped-env": f"CUDA_VISIBLE_DEVICES=0,1 NCCL_DEBUG=INFO {SH} --model-path a/b --tp 2",
    "wrapped-nohup": f"nohup env SGLANG_JIT_DEEPGEMM_FAST_WARMUP=1 {SH} --model-path a/b > log 2>&1 &",
    "wrapped-uv": "uv run --with sglang python -m sglang.launch_server --model-path a/b --tp 2",
    "wrapped-conda": f"conda run -n serve {SH} --model-path a/b",
    "wrapped-bash": f"""bash -lc '{SH} --model-path a/b --port 8000'""",
    "wrapped-exec": f"cd /srv && exec {SH} --model-path a/b --port 8000",
    # Containers.
    "docker": "docker run --gpus all --shm-size 32g -p 30000:30000 --ipc=host"
    f" lmsysorg/sglang:v0.5.20-cu130 {SH} --model-path a/b --host 0.0.0.0 --port 30000",
    "docker-devices": "docker run --rm -it --gpus '\"device=0,1,2,3\"' -e NCCL_DEBUG=WARN"
    " -v /models:/models lmsysorg/sglang:v0.5.18"
    f" {SH} --model-path /models/llama --tp 4 --cuda-graph-max-bs-decode 64",
    "docker-old": "docker run --gpus all --env HF_HUB_ENABLE_HF_TRANSFER=1 -d --name glm"
    " lmsysorg/sglang:v0.5.10.post1-cu130 python3 -m sglang.launch_server --model-path a/b --tp 8"
    " --attention-backend nsa --nsa-decode-backend trtllm --nsa-prefill-backend flashmla_sparse"
    " --enable-flashinfer-allreduce-fusion --cuda-graph-max-bs 64",
    "docker-entrypoint": "podman run --gpus all --entrypoint sglang lmsysorg/sglang:v0.5.23"
    " serve a/b --tp-size 2",
    "docker-shell": "docker run --gpus all lmsysorg/sglang:v0.5.14-cu130 bash -c"
    f" '{SH} --model-path a/b --tp 8'",
    # Scripts.
    "script-continued": f"""#!/bin/bash
set -euo pipefail
{SH} \\
  --model-path a/b \\
  --tp 8 \\
  --port 8000   # the proxy's
""",
    "script-variables": f"""MODEL=zai-org/GLM-5.1-FP8
TP=8
PORT="${{PORT:-8000}}"
export SGLANG_ENABLE_SPEC_V2=1
{SH} --model-path "$MODEL" --tp-size ${{TP}} --port $PORT
""",
    "script-array": f"""ARGS=(
  --model-path a/b
  --tp 4          # all of them
  --served-model-name "my-model"
)
ARGS+=(--trust-remote-code)
{SH} "${{ARGS[@]}}"
""",
    "script-string": f"""FLAGS="--model-path a/b --tp 2"
FLAGS="$FLAGS --enable-metrics"
FLAGS+=" --port 8001"
{SH} $FLAGS
""",
    "script-install": f"""pip install "sglang[all]==0.5.12"
{SH} --model-path a/b --attention-backend nsa --tp 8
""",
    "script-heredoc": f"""cat <<EOF > notes
{SH} --model-path not/this
EOF
{SH} --model-path a/b --tp 2
""",
    "script-pipes": f"""mkdir -p logs; sleep 1 | cat
({SH} --model-path a/b --tp 2 2>&1 | tee logs/server.log) &
wait
""",
    "script-conda": f"""source ~/.bashrc
conda activate serve || exit 1
time {SH} --model-path 'a/b' --tp 2
""",
    "script-old-flags": f"""pip install sglang==0.5.11
{SH} --model-path a/b --tp 8 --enable-dp-attention --dp 8 --disable-cuda-graph --stream-output
""",
}

CONFIGS: dict[str, str] = {
    "config-plain": "model-path: a/b\ntp-size: 4\nport: 8000\n",
    "config-abbreviated": "model-path: a/b\ntp: 2\ntrust-remote-code: true\nhost: 0.0.0.0\n",
    "config-lists": "model-path: a/b\ncuda-graph-bs-decode: [1, 2, 4]\nenable-metrics: true\n"
    "disable-radix-cache: false\n",
    "config-mapping": "model-path: a/b\nmodel-loader-extra-config: {enable_multithread_load: true}\n",
    "config-glm": "model-path: zai-org/GLM-5.1-FP8\nserved-model-name: glm-5.1\ntp-size: 8\n"
    "kv-cache-dtype: bfloat16\nreasoning-parser: glm45\ntool-call-parser: glm47\n"
    "speculative-algorithm: EAGLE\nspeculative-num-steps: 3\nspeculative-eagle-topk: 1\n"
    "speculative-num-draft-tokens: 4\nmem-fraction-static: 0.85\n",
}
