"""What becomes of a server when something happens to it: each scenario of a plan, by our runtime.

    python3 bench/gpu/life.py PLAN OUT --release RELEASE.json --model FOLDER [--python PYTHON]

A scenario starts ``python -m deployer.serve`` around the engine with the release's arguments and
its own ``words``, and waits until it serves. Then ``fault`` happens: ``signal`` to a process of the
engine, ``drain`` under streams, ``stop`` at a line of the log, ``prompts`` of so many tokens,
``verify`` by `deployer verify`, or nothing, where the start itself is to fail. ``hog`` fills a GPU
up to so many MiB: before the start, or, in ``fault``, once it serves. What the runtime says is kept
with the milliseconds after the fault. Those of a stage run side by side; ``gpu`` gives one a GPU to
itself. OUT gets ``life-ENGINE.json``, rewritten after every scenario.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
from shapes import folder

KEY = "sk-" + "measured" * 3
ROOT = Path(__file__).resolve().parents[2]
LOOK_EVERY = 0.02
VARIABLE = "API_KEY"

HOG = """
import sys, time, torch
gpu, leave = int(sys.argv[1]), int(sys.argv[2]) << 20
kept = []
while (left := torch.cuda.mem_get_info(gpu)[0] - leave) > 1 << 20:
    kept.append(torch.empty(min(left, 8 << 30), dtype=torch.uint8, device=f"cuda:{gpu}"))
print("full", flush=True)
time.sleep(3600)
"""
"""Takes a GPU's memory by plain allocations, but for so many MiB, and keeps it."""


def main() -> int:
    """Run the plan; 1 when a scenario did not end as its ``expect`` says."""
    options = _options()
    plan = json.loads(options.plan.read_text(encoding="utf-8"))
    options.out.mkdir(parents=True, exist_ok=True)
    only = set(options.only.split(",")) if options.only else None
    result = {"question": "life", **machine.describe(options.python), "scenarios": []}
    path = options.out / f"life-{result['versions']['sglang']}{options.suffix}.json"
    lock = threading.Lock()

    def one(scenario: dict[str, Any]) -> None:
        found = Life(scenario, options).run()
        with lock:
            result["scenarios"].append(found)
            machine.write(path, result)
            print(_line(found), flush=True)

    for stage in plan["stages"]:
        threads = [
            threading.Thread(target=one, args=(scenario,))
            for scenario in stage
            if only is None or scenario["name"] in only
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return int(any(not found["as_expected"] for found in result["scenarios"]))


class Life:
    """One scenario: the supervisor, its events, and what was done to the engine."""

    def __init__(self, scenario: dict[str, Any], options: argparse.Namespace) -> None:
        self.scenario = scenario
        self.name, self.port = scenario["name"], scenario["port"]
        self.found: dict[str, Any] = {
            "name": self.name, "words": scenario.get("words", []),
            "fault": scenario.get("fault"), "observed": [],
        }  # fmt: skip
        self._events: Path = options.out / f"{self.name}.events"
        self._log: Path = options.out / f"{self.name}.log"
        self._fault = 0.0
        release = options.out / f"{self.name}.release.json"
        release.write_text(json.dumps(_release(scenario, options)), encoding="utf-8")
        words = [
            sys.executable, str(ROOT / "deployer/apply/local/supervise.py"), "--release",
            str(release), "--log", str(self._log), "--events", str(self._events),
        ]  # fmt: skip
        environ = {**os.environ, VARIABLE: KEY, **scenario.get("env", {})}
        if "gpu" in scenario:
            environ["CUDA_VISIBLE_DEVICES"] = str(scenario["gpu"])
        self._python: str = options.python
        self._hog: subprocess.Popen[bytes] | None = None
        if "hog" in scenario:
            self._fill(scenario["hog"])
        with (options.out / f"{self.name}.err").open("wb") as err:
            self.process = subprocess.Popen(
                words, env=environ, stdin=subprocess.DEVNULL, stderr=err, start_new_session=True
            )
        self._began = time.time()

    def run(self) -> dict[str, Any]:
        """Wait for the start, let the fault happen, and give what was seen."""
        timeout = self.scenario.get("timeout", 240)
        fault = self.scenario.get("fault") or {}
        if fault.get("kind") == "stop":
            self._wait(lambda: re.search(fault["line"], self._text()) is not None, timeout)
        else:
            self._wait(lambda: self._has("serving") or self._has("ended"), timeout)
        self.found["started"] = [self._told(each) for each in self.events() if _told(each)]
        if self._has("serving") or fault.get("kind") == "stop":
            if "hog" in fault:
                self._fill(fault["hog"])
            self._happen(fault)
        if fault.get("kind") not in ("drain", "stop") and self.process.poll() is None:
            self._fault = self._fault or time.time()
            self.process.send_signal(signal.SIGTERM)
        self._wait(lambda: False, 90)
        if self.process.poll() is None:
            self._kill()
        if self._hog:
            self._hog.kill()
            self._hog.wait()
        self.found |= {
            "exit": self.process.poll(), "left": self._family(),
            "key_in_log": self._text().count(KEY),
        }  # fmt: skip
        events = [each for each in self.events() if _told(each)]
        self.found["events"] = [self._told(each) for each in events[len(self.found["started"]) :]]
        last = events[-1] if events else {}
        self.found["headline"] = last.get("message", "")
        self.found["detail"] = [line[:300] for line in last.get("detail", [])[-40:]]
        told = ("started", "events", "detail", "observed")
        text = json.dumps([self.found[name] for name in told])
        missing = [each for each in self.scenario["expect"] if re.search(each, text) is None]
        self.found |= {"as_expected": not missing, "missing": missing}
        return self.found

    def events(self) -> list[dict[str, Any]]:
        """Read what the runtime has told so far."""
        try:
            lines = self._events.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def _happen(self, fault: dict[str, Any]) -> None:
        self._fault = time.time()
        match fault.get("kind"):
            case "signal":
                self._signal(fault)
            case "drain":
                self._drain(fault)
            case "stop":
                self.process.send_signal(signal.SIGTERM)
            case "prompts":
                self._prompts(fault["tokens"])
            case "verify":
                self._verify(fault.get("probes", []))

    def _signal(self, fault: dict[str, Any]) -> None:
        """Send it to the process whose title begins so, and watch what is said for so long."""
        pids = [pid for pid, title in self._family().items() if title.startswith(fault["process"])]
        self.found["victims"] = pids
        self._fault = time.time()
        for pid in pids[:1]:
            os.kill(int(pid), getattr(signal, fault["signal"]))
        limit = time.time() + fault["watch"]
        if fault.get("prompt"):  # something for the ranks to do together
            threading.Thread(target=self._prompts, args=([fault["prompt"]],), daemon=True).start()
        while time.time() < limit and self.process.poll() is None:
            for path in ("/health", "/metrics"):
                self._observe(f"{path} {self._status(path, timeout=2)}")
            self._wait(lambda: False, 1.0)
        if fault["signal"] == "SIGSTOP":
            for pid in pids[:1]:
                if str(pid) in self._family():
                    os.kill(int(pid), signal.SIGCONT)

    def _fill(self, hog: dict[str, Any]) -> None:
        """Take a GPU's memory, but for so many MiB."""
        words = [self._python, "-c", HOG, str(hog["gpu"]), str(hog["leave"])]
        self._hog = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        said = self._hog.stdout.readline() if self._hog.stdout else b""
        self.found["hog"] = {**hog, "full": said == b"full\n"}

    def _verify(self, probes: list[str]) -> None:
        """Ask for what is promised, as a user would."""
        words = [
            sys.executable, "-m", "deployer", "verify", "--url", f"http://127.0.0.1:{self.port}",
            "--key-env", VARIABLE, "--format", "json",
            *(word for name in probes for word in ("--probe", name)),
        ]  # fmt: skip
        ran = subprocess.run(
            words, cwd=ROOT, env={**os.environ, VARIABLE: KEY}, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip
        try:
            verdicts = json.loads(ran.stdout)["verdicts"]
        except (ValueError, KeyError, TypeError):
            self._observe(
                f"verify ended with {ran.returncode}: {(ran.stderr or ran.stdout)[-300:]}"
            )
            return
        count = [each["outcome"] for each in verdicts]
        what = ", ".join(f"{count.count(each)} {each}" for each in sorted(set(count)))
        broken = [each["probe"] for each in verdicts if each["outcome"] == "failed"]
        self._observe(f"verify: {what}{': ' * bool(broken)}{', '.join(broken)}")

    def _drain(self, fault: dict[str, Any]) -> None:
        """Ask for the end while so many streams run; count those that come to theirs."""
        ends: list[str] = []
        body = {
            "model": self.found.get("model") or "m", "prompt": "Hello", "stream": True,
            "max_tokens": fault["tokens"], "ignore_eos": True,
        }  # fmt: skip
        threads = [
            threading.Thread(target=lambda: ends.append(self._stream(body)))
            for _ in range(fault["streams"])
        ]
        for thread in threads:
            thread.start()
        self._wait(lambda: False, fault.get("after", 1.5))
        self._fault = time.time()
        self.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        self._observe(f"{ends.count('done')} of {len(ends)} streams done; {sorted(set(ends))}")

    def _prompts(self, sizes: list[int]) -> None:
        for tokens in sizes:
            body = {
                "prompt": [7919 * index % 200 + 20 for index in range(tokens)],
                "model": "m", "max_tokens": 8, "ignore_eos": True,
            }  # fmt: skip
            self._fault = time.time()
            status = self._status("/v1/completions", body, timeout=60)
            self._observe(f"a prompt of {tokens} tokens: {status}")
            self._wait(lambda: False, 3.0)

    def _stream(self, body: dict[str, Any]) -> str:
        try:
            with self._open("/v1/completions", body, 120) as answer:
                return "done" if any(b"[DONE]" in line for line in answer) else "cut"
        except (OSError, ValueError) as error:
            return str(type(error).__name__)

    def _status(self, path: str, body: object = None, timeout: float = 10) -> str:
        try:
            with self._open(path, body, timeout) as answer:
                answer.read()
                return f"{answer.status}"
        except urllib.error.HTTPError as error:
            return f"{error.code}"
        except (OSError, ValueError) as error:
            return str(type(error).__name__)

    def _open(self, path: str, body: object, timeout: float) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"},
        )
        return urllib.request.urlopen(request, timeout=timeout)

    def _observe(self, what: str) -> None:
        self.found["observed"].append(
            {"ms": round(1000 * (time.time() - self._fault)), "what": what}
        )

    def _told(self, event: dict[str, Any]) -> dict[str, Any]:
        """Give an event with the milliseconds after the fault, or after the start without one."""
        return {
            "ms": round(1000 * (event["time"] - (self._fault or self._began))),
            "phase": event["phase"], "state": event["state"], "message": event["message"][:300],
        }  # fmt: skip

    def _has(self, phase: str) -> bool:
        return any(each["phase"] == phase for each in self.events())

    def _text(self) -> str:
        try:
            return self._log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def _wait(self, done: Callable[[], bool], seconds: float) -> None:
        limit = time.time() + seconds
        while not done() and time.time() < limit and self.process.poll() is None:
            time.sleep(LOOK_EVERY)

    def _family(self) -> dict[str, str]:
        """Give the supervisor's descendants with their titles, by the kernel's own table."""
        parents: dict[int, int] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError, ValueError):
                continue
        found: dict[str, str] = {}
        todo = [self.process.pid]
        while todo:
            parent = todo.pop()
            for pid in [pid for pid, above in parents.items() if above == parent]:
                todo.append(pid)
                try:
                    words = Path(f"/proc/{pid}/cmdline").read_bytes()
                except OSError:
                    continue
                found[str(pid)] = words.replace(b"\0", b" ").decode("utf-8", "replace").strip()[:80]
        return found

    def _kill(self) -> None:
        for pid in [*self._family(), str(self.process.pid)]:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()
        self.found["had_to_be_killed"] = True


def _told(event: dict[str, Any]) -> bool:
    return event["state"] != "progress" or event["phase"] in ("warmup", "serving")


def _release(scenario: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """The release with the scenario's own port, model, words and warm-up."""
    release = json.loads(options.release.read_text(encoding="utf-8"))
    model = folder(scenario["shape"], options.out / "models") if "shape" in scenario else None
    own = _arguments(scenario.get("words", []))
    stated = {
        "--host": ["127.0.0.1"], "--port": [str(scenario["port"])],
        "--model-path": [str(model or options.model)],
    }  # fmt: skip
    replaced = {*stated, *(each["flag"] for each in own)}
    kept = [each for each in release["arguments"] if each["flag"] not in replaced]
    mine = [{"flag": flag, "source": "", "values": values} for flag, values in stated.items()]
    release |= {"name": scenario["name"], "arguments": [*kept, *mine, *own]}
    release["engine"]["command"][0] = options.python
    release["listen"] = {
        "host": "127.0.0.1", "port": scenario["port"], "api_key_variable": VARIABLE
    }  # fmt: skip
    kinds = scenario.get("warmup", ["chat"])
    release["warmup"] = [each for each in release["warmup"] if each["kind"] in kinds]
    release["lifecycle"] |= scenario.get("lifecycle", {})
    release["environment"] = [
        each for each in release["environment"] if each["name"] != "SGLANG_DG_CACHE_DIR"
    ]
    return dict(release)


def _arguments(words: list[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for word in words:
        if word.startswith("--"):
            found.append({"flag": word, "source": "", "values": []})
        else:
            found[-1]["values"].append(word)
    return found


def _line(found: dict[str, Any]) -> str:
    mark = "as expected" if found["as_expected"] else "NOT AS EXPECTED"
    lines = [f"{found['name']}: {mark}, exit {found['exit']}, left {found['left']}"]
    lines += [
        f"   {each['ms']:7} ms {each['phase']} {each['state']}: {each['message'][:160]}"
        for each in [*found["started"][-2:], *found["events"]]
    ]
    lines += [f"   {each['ms']:7} ms saw {each['what']}" for each in found["observed"]]
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--release", type=Path, required=True, help="a compiled release, as JSON")
    parser.add_argument(
        "--model", type=Path, required=True, help="the folder of a model that talks"
    )
    parser.add_argument("--python", default=sys.executable, help="the engine environment's own")
    parser.add_argument("--only", default="", help="names of scenarios, with commas between them")
    parser.add_argument("--suffix", default="", help="the end of the result's name")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
