"""One server's life by our runtime: started, something done to it, and what was said of that."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-" + "measured" * 3
VARIABLE = "API_KEY"
LOOK_EVERY = 0.02

SCHEDULER = b"sglang::scheduler"
"""The title that a scheduler takes before it touches a GPU (``run_scheduler_process``)."""

BEGIN = 60.0
"""Seconds in which every stream must have begun that a drain is to find."""

GPU = threading.Lock()
"""Whoever needs all of a GPU has this, from the first touch to its end."""

HOG = """
import sys, time, torch
gpu, leave = int(sys.argv[1]), int(sys.argv[2]) << 20
torch.zeros(1, device=f"cuda:{gpu}")
print("up", flush=True)
sys.stdin.readline()
kept = []
while (left := torch.cuda.mem_get_info(gpu)[0] - leave) > 1 << 20:
    kept.append(torch.empty(min(left, 8 << 30), dtype=torch.uint8, device=f"cuda:{gpu}"))
print("full", flush=True)
time.sleep(3600)
"""
"""Takes a GPU's memory by plain allocations when it is told to, but for so many MiB."""


class Life:
    """One scenario: the supervisor, its events, and what was done to the engine.

    ``release`` is the release to serve, ``folder`` is for this scenario alone: the supervisor has
    its socket there. A scenario that is ``alone`` on the GPU imports beside others: its scheduler
    is stopped before it touches the GPU, until the one before is over.
    """

    def __init__(
        self, scenario: Mapping[str, Any], release: Mapping[str, Any], folder: Path, python: str
    ) -> None:
        self.scenario = scenario
        self.name, self.port = scenario["name"], scenario["port"]
        self.found: dict[str, Any] = {
            "name": self.name, "words": scenario.get("words", []),
            "fault": scenario.get("fault"), "lifecycle": scenario.get("lifecycle", {}),
            "observed": [],
        }  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)  # what an earlier run told is not this one's
        folder.mkdir(parents=True)
        self._events: Path = folder / "events"
        self._log: Path = folder / "log"
        self._fault = 0.0
        self._model: str = release["model"]["served_name"]
        (folder / "release.json").write_text(json.dumps(release), encoding="utf-8")
        words = [
            sys.executable, str(ROOT / "deployer/apply/local/supervise.py"), "--release",
            str(folder / "release.json"), "--log", str(self._log), "--events", str(self._events),
        ]  # fmt: skip
        environ = {**os.environ, VARIABLE: KEY, **scenario.get("env", {})}
        if "gpu" in scenario:
            environ["CUDA_VISIBLE_DEVICES"] = str(scenario["gpu"])
        self._python = python
        self._hog: subprocess.Popen[bytes] | None = None
        with (folder / "err").open("wb") as err:
            self.process = subprocess.Popen(
                words, env=environ, stdin=subprocess.DEVNULL, stderr=err, start_new_session=True
            )
        self._began = time.time()

    def run(self) -> dict[str, Any]:
        """Wait for the start, let the fault happen, and give what was seen."""
        if not self.scenario.get("alone"):
            return self._run()
        stopped = self._hold()
        began = time.time()
        with GPU:
            self.found["held_s"] = round(time.time() - began, 1)
            for pid in stopped:
                os.kill(int(pid), signal.SIGCONT)
            return self._run()

    def events(self) -> list[dict[str, Any]]:
        """Read what the runtime has told so far."""
        try:
            lines = self._events.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def _run(self) -> dict[str, Any]:
        timeout = self.scenario.get("timeout", 240)
        fault = self.scenario.get("fault") or {}
        if "hog" in self.scenario:
            self._fill(self.scenario["hog"])
        if "since" in self.scenario:  # the moment of a fault that happens by itself
            threading.Thread(target=self._mark, args=(timeout,), daemon=True).start()
        if fault.get("kind") == "stop":
            self._wait(lambda: self._says(fault["line"]), timeout)
        else:
            self._wait(lambda: self._has("serving") or self._has("ended"), timeout)
        early = [each for each in self.events() if _told(each)]
        self.found["started"] = [self._told(each, self._began) for each in early]
        if self._has("serving") or fault.get("kind") == "stop":
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
        return self._sum_up()

    def _sum_up(self) -> dict[str, Any]:
        self.found |= {
            "exit": self.process.poll(), "left": self._family(),
            "key_in_log": self._text().count(KEY),
        }  # fmt: skip
        events = [each for each in self.events() if _told(each)]
        self.found["events"] = [self._told(each) for each in events[len(self.found["started"]) :]]
        failed = [each for each in events if each["state"] == "failed"]
        last = (failed or events or [{}])[-1]
        self.found["headline"] = last.get("message", "")
        self.found["failed_ms"] = self._told(failed[0])["ms"] if failed else None
        self.found["detail"] = [line[:300] for line in last.get("detail", [])[-40:]]
        self.found["stacks"] = self._stacks(self._text())
        told = ("started", "events", "detail", "observed")
        all_told = json.dumps([self.found[name] for name in told])
        missing = [each for each in self.scenario["expect"] if re.search(each, all_told) is None]
        self.found |= {"as_expected": not missing, "missing": missing}
        return self.found

    def _stacks(self, text: str) -> dict[str, int]:
        """Count the processes whose stacks were written, the frames, and those of the victim."""
        told = re.split(r"^.*\bprocess \d+: ", text, flags=re.MULTILINE)[1:]
        frames = [len(re.findall(r"\([^()\s]+\.py:\d+\)", each)) for each in told]
        victim = (self.scenario.get("fault") or {}).get("process")
        stopped = [
            count for each, count in zip(told, frames, strict=True)
            if victim and re.search(victim, each.partition("\n")[0])
        ]  # fmt: skip
        return {"processes": len(told), "frames": sum(frames), "stopped": sum(stopped)}

    def _hold(self) -> list[str]:
        """Stop the scheduler as soon as it has its title; gives its process."""
        found: list[str] = []

        def titled() -> bool:
            for pid, title in self._family().items():
                if title.encode().startswith(SCHEDULER):
                    os.kill(int(pid), signal.SIGSTOP)
                    found.append(pid)
            return bool(found)

        self._wait(titled, self.scenario.get("timeout", 240))
        return found

    def _mark(self, timeout: float) -> None:
        self._wait(lambda: self._says(self.scenario["since"]), timeout)
        if self._says(self.scenario["since"]):
            self._fault = self._fault or time.time()

    def _happen(self, fault: Mapping[str, Any]) -> None:
        self._fault = time.time()
        if "hog" in fault:
            self._fill(fault["hog"])
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

    def _signal(self, fault: Mapping[str, Any]) -> None:
        """Send it to the process whose title says so, and watch what is said for so long."""
        family = self._family()
        pids = [pid for pid, title in family.items() if re.search(fault["process"], title)]
        self.found["victims"] = len(pids)
        self._fault = time.time()
        for pid in pids[:1]:
            os.kill(int(pid), getattr(signal, fault["signal"]))
        limit = time.time() + fault["watch"]
        if fault.get("prompt"):  # something for the engine to do
            threading.Thread(target=self._prompts, args=([fault["prompt"]],), daemon=True).start()
        said = ""
        while time.time() < limit and self.process.poll() is None:
            health = f"/health {self._status('/health', timeout=2)}"
            if health != said:
                self._observe(said := health)
            self._wait(lambda: False, 0.2)
            if fault.get("again") and self._count("serving", "started") > 1:
                self._observe(f"serves again: a prompt: {self._complete(20)}")
                return
        if fault["signal"] == "SIGSTOP":
            for pid in pids[:1]:
                if pid in self._family():
                    os.kill(int(pid), signal.SIGCONT)

    def _fill(self, hog: Mapping[str, Any]) -> None:
        """Take a GPU's memory, but for so many MiB, at once or at a line of the log."""
        words = [self._python, "-c", HOG, str(hog.get("gpu", 0)), str(hog["leave"])]
        self._hog = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

        def take() -> None:
            if self._hog is None or self._hog.stdin is None or self._hog.stdout is None:
                return
            self._hog.stdout.readline()
            if "at" in hog:
                self._wait(lambda: self._says(hog["at"]), self.scenario.get("timeout", 240))
            self._hog.stdin.write(b"\n")
            self._hog.stdin.flush()
            self.found["hog"] = {**hog, "full": self._hog.stdout.readline() == b"full\n"}

        if "at" in hog:
            threading.Thread(target=take, daemon=True).start()
        else:
            take()

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
            said = (ran.stderr or ran.stdout)[-300:]
            self._observe(f"verify ended with {ran.returncode}: {said}")
            return
        self.found["verdicts"] = [
            {
                "probe": each["probe"], "outcome": each["outcome"],
                "why": json.dumps(each)[:600] if each["outcome"] != "passed" else "",
            }
            for each in verdicts
        ]  # fmt: skip
        count = [each["outcome"] for each in verdicts]
        what = ", ".join(f"{count.count(each)} {each}" for each in sorted(set(count)))
        broken = [each["probe"] for each in verdicts if each["outcome"] == "failed"]
        self._observe(f"verify: {what}{': ' * bool(broken)}{', '.join(broken)}")

    def _drain(self, fault: Mapping[str, Any]) -> None:
        """Ask for the end while so many streams run; count those that come to theirs."""
        begun: list[bool] = []
        ends: list[str] = []
        body = {
            "model": self._model, "prompt": "Hello", "stream": True,
            "max_tokens": fault["tokens"], "ignore_eos": True,
        }  # fmt: skip
        threads = [
            threading.Thread(target=lambda: ends.append(self._stream(body, begun)))
            for _ in range(fault["streams"])
        ]
        for thread in threads:
            thread.start()
        self._wait(lambda: len(begun) + len(ends) >= len(threads), BEGIN)
        self._fault = time.time()
        self.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        self._observe(f"{ends.count('done')} of {len(ends)} streams done; {sorted(set(ends))}")

    def _prompts(self, sizes: list[int]) -> None:
        for tokens in sizes:
            if len(sizes) > 1:
                self._fault = time.time()
            status = self._complete(tokens)
            self._observe(f"a prompt of {tokens} tokens: {status}")
            self._wait(lambda: False, 3.0)
            if status != "200":
                return

    def _complete(self, tokens: int) -> str:
        body = {
            "prompt": [7919 * index % 200 + 20 for index in range(tokens)],
            "model": self._model, "max_tokens": 8, "ignore_eos": True,
        }  # fmt: skip
        return self._status("/v1/completions", body, timeout=60)

    def _stream(self, body: dict[str, Any], begun: list[bool]) -> str:
        done = False
        try:
            with self._open("/v1/completions", body, 120) as answer:
                for number, line in enumerate(answer):
                    if not number:
                        begun.append(True)
                    done |= b"[DONE]" in line
        except (OSError, ValueError) as error:
            return str(type(error).__name__)
        return "done" if done else "cut"

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

    def _told(self, event: Mapping[str, Any], since: float = 0.0) -> dict[str, Any]:
        """Give an event with the milliseconds after the fault, or after the start without one."""
        return {
            "ms": round(1000 * (event["time"] - (since or self._fault or self._began))),
            "phase": event["phase"], "state": event["state"], "message": event["message"][:300],
        }  # fmt: skip

    def _has(self, phase: str) -> bool:
        return any(each["phase"] == phase for each in self.events())

    def _count(self, phase: str, state: str) -> int:
        return sum((each["phase"], each["state"]) == (phase, state) for each in self.events())

    def _says(self, pattern: str) -> bool:
        return re.search(pattern, self._text()) is not None

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
                found[str(pid)] = words.replace(b"\0", b" ").decode("utf-8", "replace").strip()[:90]
        return found

    def _kill(self) -> None:
        for pid in [*self._family(), str(self.process.pid)]:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()
        self.found["had_to_be_killed"] = True


def _told(event: Mapping[str, Any]) -> bool:
    return event["state"] != "progress" or event["phase"] in ("warmup", "serving", "memory")
