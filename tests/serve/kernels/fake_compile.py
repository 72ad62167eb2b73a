"""A compilation without a GPU: the manners of ``sglang.compile_deep_gemm``, as real processes.

It spawns a server in a child, never looks after it, prints upstream's lines, writes kernels where
``SGLANG_DG_CACHE_DIR`` says in DeepGEMM's layout, and misbehaves in the one way that a flag asks.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

DONE = "done"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kernels", type=int, default=3)
    parser.add_argument("--slow", type=float, default=0.0, help="seconds for each kernel")
    parser.add_argument("--die", choices=["exit", "kill"], help="the server, after its kernels")
    parser.add_argument("--lose-scheduler", action="store_true")
    parser.add_argument("--hang", action="store_true")
    parser.add_argument("--until", type=Path, help="hang until this file is there")
    parser.add_argument("--half", action="store_true", help="leave a kernel without its cubin")
    parser.add_argument("--committed", action="store_true", help="as SGLang 0.5.20 and later")
    parser.add_argument("--silent", action="store_true", help="speak of no kernel")
    parser.add_argument("--exit-early", type=int)
    parser.add_argument("--linger", type=float, default=0.2, help="seconds after the last word")
    return parser.parse_args()


def say(text: str) -> None:
    print(text)  # noqa: T201 - as upstream does; buffered unless PYTHONUNBUFFERED is set


def kernel(root: Path, number: int, *, committed: bool) -> None:
    code = f"// kernel {number}\n"
    name = f"gemm.{hashlib.sha256(code.encode()).hexdigest()[:16]}"
    folder = root / "cache" / (name if committed else f"kernel.{name}")
    if (folder / (".committed" if committed else "kernel.cubin")).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.cu").write_text(code)
    say(f"compiled {number}")
    (folder / "kernel.cubin").write_bytes(b"\x7fELF" + bytes(number))
    if committed:
        (folder / ".committed").touch()
    say(f"kernel {number} is whole")


def serve(options: argparse.Namespace, channel: Any) -> None:
    root = Path(os.environ["SGLANG_DG_CACHE_DIR"])
    words = ["sglang::scheduler_TP0", "-I", "-S", "-c", "import time; time.sleep(600)"]
    scheduler = subprocess.Popen(words, executable=sys.executable, start_new_session=True)
    if not options.silent:
        say("Try DeepGEMM JIT Compiling for <GEMM_NT_F8F8BF16> N=4096, K=7168, num_groups=1")
    for number in range(options.kernels):
        time.sleep(options.slow)
        kernel(root, number, committed=options.committed)
    if options.half:
        (root / "cache" / "kernel.gemm.half").mkdir(parents=True)
        (root / "cache" / "kernel.gemm.half" / "kernel.cu").write_text("// half")
    if options.lose_scheduler:
        time.sleep(1.0)  # so that it has been seen
        scheduler.kill()
        time.sleep(600)
    if options.die:
        time.sleep(1.0)
        say("the last words of the server")
        os._exit(7) if options.die == "exit" else os.kill(os.getpid(), signal.SIGKILL)
    channel.put(DONE)
    time.sleep(600)


def main() -> None:
    options = parse()
    shown = {name: os.environ.get(name, "") for name in ("HF_TOKEN", "COPY", "DEPLOYER_TEST_KEY")}
    say(f"Begin DeepGEMM Kernels compilation... {json.dumps(shown)}")
    if options.exit_early is not None:
        sys.exit(options.exit_early)
    context = multiprocessing.get_context("spawn")
    channel = context.SimpleQueue()
    server = context.Process(target=serve, args=(options, channel))
    server.start()
    channel.get()  # for ever, when the server is dead
    if options.hang:
        time.sleep(600)
    while options.until and not options.until.exists():
        time.sleep(0.05)
    say("\nDeepGEMM Kernels compilation finished successfully.")
    time.sleep(options.linger)
    server.kill()


if __name__ == "__main__":
    main()
