"""An engine without a model: a real process with SGLang's command line and its manners.

It binds its port, answers 503 until it has "loaded", prints its key as SGLang does, drains on
SIGTERM, and misbehaves in the one way that a flag asks for.

Nothing is computed while one of its children is stopped, or after SIGUSR1 (a deadlock) until
SIGUSR2; after SIGRTMIN (a deadlock of its detokenizer) tokens are computed and none comes out.
`/health` says 200 all the while, as SGLang's does. After the signal that follows SIGRTMIN nothing
is answered (a deadlock of its parent). It counts as SGLang counts.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

GOOD = {"role": "assistant", "content": "Hello!", "tool_calls": None}
CALL = {"type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Tokyo"}'}}
SPOILT = {"type": "function", "function": {"name": "get_weather", "arguments": '{"city": '}}
MESSAGES = {
    "good": {**GOOD, "tool_calls": [CALL]},
    "empty": {**GOOD, "content": " "},
    "bad-tools": {**GOOD, "tool_calls": [SPOILT]},
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model-path", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--load", type=float, default=0.02)
    parser.add_argument("--answer", default="good")
    parser.add_argument("--exit-early", type=int)
    parser.add_argument("--note", type=Path, help="where it writes when it ends early")
    parser.add_argument("--raising", default="", help="what it says before an early end")
    parser.add_argument("--exit-in-warmup", action="store_true")
    parser.add_argument("--ignore-sigterm", action="store_true")
    parser.add_argument("--flood-mib", type=int, default=0)
    parser.add_argument("--children", nargs="*", default=[])
    parser.add_argument("--stray", action="store_true", help="a child with a session of its own")
    parser.add_argument("--holds", default="", help="what /server_info answers")
    parser.add_argument("--bind-after", type=float, default=0.0)
    parser.add_argument("--enable-metrics", action="store_true")
    parser.add_argument("--no-counters", action="store_true", help="its metrics have none of them")
    parser.add_argument("--tokens", type=int, default=10, help="of a stream")
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between two of them")
    parser.add_argument("--prefill", type=float, default=0.0, help="seconds before the first one")
    parser.add_argument(
        "--compiles", nargs="*", default=[], help="into FOLDER/file of VARIABLE=file"
    )
    return parser.parse_args()


class Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    options: argparse.Namespace
    key = ""
    healthy = False
    draining = False
    busy = 0
    frozen = False
    mute = False
    deaf = False
    computed: ClassVar = {"prefill_compute": 0, "decode": 0}
    came_out = 0
    children: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        wait_while_deaf()
        if self.path == "/server_info":
            open_to = not Engine.key or self.headers["Authorization"] == f"Bearer {Engine.key}"
            self.answer(200 if open_to else 401, Engine.options.holds.encode())
            return
        ready = Engine.healthy and not Engine.draining
        if self.path.startswith("/metrics") and Engine.options.enable_metrics:
            self.answer(200, metrics().encode())
        elif self.path.startswith("/v1/loads"):
            load = {"dp_rank": 0, "num_running_reqs": Engine.busy, "num_waiting_reqs": 0}
            self.answer(200, json.dumps({"loads": [load]}).encode())
        else:
            self.answer(200 if ready or self.path != "/health" else 503, b"")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if Engine.key and self.headers["Authorization"] != f"Bearer {Engine.key}":
            self.answer(401, b'{"error":"Unauthorized"}')
        elif Engine.options.exit_in_warmup:
            os._exit(9)
        elif self.path == "/generate":
            compute("decode")
            while Engine.mute or Engine.deaf:
                time.sleep(0.02)
            Engine.came_out += 1
            self.answer(200, b"{}")
        elif body.get("stream"):
            self.stream()
        else:
            self.complete()

    def complete(self) -> None:
        kind = Engine.options.answer
        if kind == "500":
            self.answer(500, f"broken, and the key is {Engine.key}".encode())
        elif kind == "not-json":
            self.answer(200, b"<html>")
        elif kind == "never":
            time.sleep(600)
        else:
            answer = {"choices": [{"message": MESSAGES[kind]}]}
            self.answer(200, json.dumps(answer).encode())

    def stream(self) -> None:
        Engine.busy += 1
        try:
            end = time.monotonic() + Engine.options.prefill
            while time.monotonic() < end:
                time.sleep(0.02)
                compute("prefill_compute")
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")  # so that its end can be told
            self.end_headers()
            for number in range(Engine.options.tokens):
                compute("decode")
                while Engine.mute:
                    time.sleep(Engine.options.pause)
                    compute("decode")
                wait_while_deaf()
                Engine.came_out += 1
                self.chunk(f"data: {number}\n\n".encode())
                time.sleep(Engine.options.pause)
            self.chunk(b"data: [DONE]\n\n")
            self.chunk(b"")
        except OSError:
            pass  # who asked has gone
        finally:
            Engine.busy -= 1

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def compute(mode: str) -> None:
    """Count a token, once nothing stands still."""
    while Engine.frozen or any(map(stopped, Engine.children)):
        time.sleep(0.02)
    Engine.computed[mode] += 1


def raises(*_: object) -> None:
    """Die as a scheduler of SGLang's does of an exception: it is told, and the exit code is 0."""
    frame = '  File "/engine/sglang/srt/managers/scheduler.py", line 3, in event_loop\n'
    says = "Scheduler hit an exception: Traceback (most recent call last):"
    say(f"[2026-11-29 09:03:45] {says}\n{frame}ValueError: no room\n")
    os._exit(0)


def wait_while_deaf() -> None:
    while Engine.deaf:
        time.sleep(0.02)


def stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"T", "t"}
    except OSError:
        return False


def metrics() -> str:
    if Engine.options.no_counters:
        return "sglang:cache_hit_rate 0.0\n"
    lines = [
        f'sglang:realtime_tokens_total{{mode="{mode}",tp_rank="0"}} {count}.0'
        for mode, count in Engine.computed.items()
    ]
    return "\n".join([*lines, f'sglang:generation_tokens_total{{a="b"}} {Engine.came_out}.0', ""])


def drain(*_: object) -> None:
    def wait() -> None:
        while Engine.busy:
            time.sleep(0.02)
        os._exit(0)

    Engine.draining = True
    threading.Thread(target=wait).start()


def spawn(title: str, **how: Any) -> None:
    # A child that ends with its parent, as SGLang's do; a stray one never ends by itself.
    script = f"open('/proc/self/comm', 'w').write({title[:15]!r}); import sys; sys.stdin.read()"
    if how:
        script = "import time; time.sleep(600)"
    words = [title, "-I", "-S", "-c", script]
    process = subprocess.Popen(words, executable=sys.executable, stdin=subprocess.PIPE, **how)
    Engine.children.append(process.pid)


def flood(mebibytes: int) -> None:
    """One endless line of invalid UTF-8, then more lines than anybody reads."""
    junk = b"\xff\xfe" * (512 * 1024)
    lines = b"a line of a flood\n" * 60_000
    for number in range(mebibytes):
        sys.stdout.buffer.write(junk if number < mebibytes // 2 else lines)
    sys.stdout.buffer.flush()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Server(ThreadingHTTPServer):
    request_queue_size = 2048  # uvicorn's own: a batch comes together


def bind(options: argparse.Namespace) -> Server:
    time.sleep(options.bind_after)
    try:
        return Server((options.host, options.port), Engine)
    except OSError as error:
        # SGLang lingers here, and its warm-up may well report success from the other server.
        say(f"{error}\nThe server is fired up and ready to roll!")
        time.sleep(600)
        raise


def compile_into(variable: str, name: str) -> None:
    """Do what a JIT compiler does: take what is in its cache, or make it."""
    if variable not in os.environ:
        say(f"cache {variable} nowhere")
        return
    path = Path(os.environ[variable], name)
    say(f"cache {variable} {'full' if path.exists() else 'empty'} at {path.parent}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"code of {variable}")


def main() -> None:
    options = parse()
    if not options.ignore_sigterm:
        signal.signal(signal.SIGTERM, drain)
    else:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Any thread may be given a signal, and Python runs its handler in the first one alone: who
    # waits there has to be woken, or the handler never runs.
    heard, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    signal.signal(signal.SIGUSR1, lambda *_: setattr(Engine, "frozen", True))
    signal.signal(signal.SIGUSR2, lambda *_: setattr(Engine, "frozen", False))
    signal.signal(signal.SIGRTMIN, lambda *_: setattr(Engine, "mute", True))
    signal.signal(signal.SIGRTMIN + 1, lambda *_: setattr(Engine, "deaf", True))
    signal.signal(signal.SIGRTMIN + 2, raises)
    if options.config:
        text = options.config.read_text()
        block = text.removeprefix("api-key: |-\n  ")
        stated = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        Engine.key = block.strip() if block != text else json.loads(stated["api-key"])
    shown = {"model_path": options.model_path, "api_key": Engine.key}
    say(f"server_args={shown}")
    if options.exit_early is not None:
        frames = '  File "<frozen runpy>", line 198, in _run_module_as_main\n'
        opening = f"Traceback (most recent call last):\n{frames}" if options.raising else ""
        sys.stderr.write(f"{opening}{options.raising}\nthe last words\n")
        if options.note:
            options.note.write_text(str(time.time()))
        sys.exit(options.exit_early)
    Engine.options = options
    for each in options.compiles:
        compile_into(*each.split("=", 1))
    for title in options.children:
        spawn(title)
    if options.stray:
        spawn("stray", start_new_session=True)
    flood(options.flood_mib)
    server = bind(options)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    time.sleep(options.load)
    say("loaded")
    Engine.healthy = True
    while True:
        os.read(heard, 64)


if __name__ == "__main__":
    main()
