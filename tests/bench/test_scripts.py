"""The scripts of `bench/gpu/` without a GPU: their client, their steps, what they make and read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any

import pytest

from deployer.facts.models.checkpoint import CONFIG, from_files
from deployer.facts.models.parts import counted
from deployer.facts.sizes import BESIDE_WEIGHTS
from tests.listening import listening

GPU = Path(__file__).resolve().parents[2] / "bench" / "gpu"
sys.path.insert(0, str(GPU))

import client  # noqa: E402
import door_table  # noqa: E402
import life  # noqa: E402
import loaders  # noqa: E402
import machine  # noqa: E402
import memory  # noqa: E402
import options  # noqa: E402
import page  # noqa: E402
import shapes  # noqa: E402
import speed  # noqa: E402
import start  # noqa: E402
import start_table  # noqa: E402
import steps  # noqa: E402
import weights  # noqa: E402

FORMS = {
    "memory": memory.FORM, "start": start.FORM, "speed": speed.FORM, "life": life.FORM,
    "one": steps.FORM, "two": steps.FORM,
}  # fmt: skip


def refused(ran: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        ran()
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_every_plan_is_one_for_its_script() -> None:
    plans = sorted(GPU.glob("plans/*.json"))

    assert len(plans) > 10
    for path in plans:
        plan = json.loads(path.read_text("utf-8"))
        assert FORMS[path.stem.partition("-")[0]].fault(plan) == "", path.name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: "),
        ("{no", "cannot be read: "),
        ("[]", "it is no JSON object"),
        ("{}", "it has no `cases`"),
        ('{"cases": []}', "`cases` holds nothing to do"),
        ('{"cases": 3}', "`cases` holds nothing to do"),
        (
            '{"cases": [{"name": "a", "port": 1, "words": []}]}',
            "number 1 of `cases` has no `shape`",
        ),
        (
            '{"cases": [{"name": "a", "shape": "b", "port": 1, "words": [], "promts": [9]}]}',
            "number 1 of `cases` has `promts`, which nothing reads; known are cache, env, ",
        ),
    ],
)
def test_what_is_no_plan_is_refused_before_anything_is_made(
    text: str | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    asked = options.parser("", "cases").parse_args([str(path), str(tmp_path / "out")])

    said = refused(lambda: options.begin(asked, memory.FORM), capsys)

    assert said.startswith(f"error: {path} ")
    assert words in said
    assert not (tmp_path / "out").exists()


def test_a_name_that_no_plan_has_is_no_empty_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = str(GPU / "plans" / "speed.json")
    asked = options.parser("", "servers").parse_args([plan, str(tmp_path), "--only", "tp1,tp9"])

    assert "has no tp9; it has tp1, tp2" in refused(
        lambda: options.begin(asked, speed.FORM), capsys
    )


def test_an_environment_without_an_engine_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "python")
    empty = tmp_path / "empty"
    empty.write_text('#!/bin/sh\necho \'{"python": "3.12.3", "sglang": null}\'\n', "utf-8")
    empty.chmod(0o755)

    assert f"{missing} does not run: " in refused(lambda: machine.with_engine(missing), capsys)
    assert "has no SGLang; `--python` names" in refused(
        lambda: machine.with_engine(str(empty)), capsys
    )
    assert "there is no shape b; there are deepseek-v3-9, " in refused(
        lambda: shapes.config("b"), capsys
    )


def test_a_result_from_a_machine_without_a_gpu_says_so() -> None:
    versions = dict.fromkeys(machine.PACKAGES, "1")
    result = {"date": "2026-11-29", "gpu": None, "versions": versions}

    assert "\n2026-11-29, no GPU, torch 1, " in page.section("Memory", result, ["a | b"], "")


def _tokens(body: dict[str, Any]) -> int:
    found: int = body.get("max_tokens") or body["sampling_params"]["max_new_tokens"]
    return found


class Streaming(BaseHTTPRequestHandler):
    """Answers `/generate` as SGLang streams it; every third request is broken off."""

    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body)
        self.send_response(200)
        self.end_headers()
        for count in range(1, _tokens(body) + 1):
            said = {"text": "x" * count, "meta_info": {"completion_tokens": count}}
            self.wfile.write(f"data: {json.dumps(said)}\n\n".encode())
        if len(self.asked) % 3:
            self.wfile.write(b"data: [DONE]\n\n")
        else:
            self.wfile.write(b"data: {broken\n\n")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    Streaming.asked = []
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Streaming)) as server:
        yield server.server_port


def test_the_client_counts_tokens_and_says_what_was_lost(port: int) -> None:
    row = client.ask(port, 1, 4, (7, 5), 60)

    assert (row["requests"], row["completed"]) == (4, 3)
    assert row["error"].startswith("1 of 4 requests were lost: JSONDecodeError")
    assert row["output_per_s"] > 0
    assert [len(each["input_ids"]) for each in Streaming.asked] == [7] * 4
    assert all(each["sampling_params"]["ignore_eos"] for each in Streaming.asked)


def test_no_prompt_comes_twice(port: int) -> None:
    for _ in range(2):
        client.ask(port, 2, 2, (7, 2), 60, key="k")
        client.ask(port, 2, 2, (7, 2), 60)

    prompts = [tuple(each.get("prompt") or each["input_ids"]) for each in Streaming.asked]
    assert len(set(prompts)) == len(prompts) == 8


def test_a_server_that_is_not_there_is_no_speed() -> None:
    row = client.ask(9, 2, 2, (7, 5), 60)

    assert row["completed"] == 0
    assert "output_per_s" not in row
    assert "2 of 2 requests were lost" in row["error"]


@pytest.mark.process
def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    sleeper = f"import time; time.sleep(600)  # {tmp_path}"
    child = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', "
        f"{sleeper!r}], start_new_session=True); time.sleep(600)"
    )
    steps = [
        [
            {"name": "long", "limit": 2, "words": ["{python}", "-c", child]},
            {"name": "made", "limit": 60, "words": ["{python}", "-c", "open('{out}/a.json', 'w')"]},
        ],
        [{"name": "after", "limit": 60, "words": ["{python}", "-c", "print('after')"]}],
    ]
    (tmp_path / "plan.json").write_text(json.dumps({"steps": steps}), encoding="utf-8")
    words = [sys.executable, str(GPU / "steps.py"), "plan.json", "out", "600", "out.tar.gz"]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert ran.returncode == 1
    assert "long: code -15" in ran.stdout
    assert "after: code 0" in ran.stdout
    assert (tmp_path / "out" / "a.json").exists()
    assert (tmp_path / "out.tar.gz").stat().st_size > 0
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(tmp_path) not in left.stdout


@pytest.mark.parametrize("shape", ["qwen3-32b", "qwen3-moe-36"])
def test_a_checkpoint_has_the_weights_of_its_shape(shape: str) -> None:
    """As many as the facts of the model count, in the bytes that they are stored in."""
    config = shapes.config(shape, 2)
    model = from_files("local/shape", "", {CONFIG: config}).model
    sizes = {"plain": 2, "norm": 2, "fp8": 1, "scale": 4}
    made = 0
    for index in range(2):
        for _, size, kind in weights.names(config, index):
            made += prod(size) * sizes[kind]

    assert model is not None
    assert made == pytest.approx(counted(model), rel=0.001)


def test_every_loader_of_a_release_is_taken() -> None:
    class Release:
        @staticmethod
        def safetensors_weights_iterator(
            files: list[str], *, disable_mmap: bool = False, prefetch: bool = False
        ) -> list[str]:
            del disable_mmap, prefetch
            return files

        @staticmethod
        def multi_thread_safetensors_weights_iterator(files: list[str], workers: int) -> int:
            return len(files) + workers

    known = loaders.loaders(Release, ["a", "b"], ranks=1, cuda=False)

    assert list(known) == ["mmap", "no mmap", "mmap, prefetch 8", "8 threads"]
    assert known["mmap"]() == ["a", "b"]


@pytest.mark.process
def test_a_rank_that_cannot_load_anything_is_no_list_of_loaders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here is no PyTorch, of which each rank dies."""
    monkeypatch.setattr(loaders, "PATIENCE", 600.0)
    with pytest.raises(SystemExit, match="no loader can be asked: a rank has ended"):
        loaders.Ranks(2, [])


def test_the_ranks_of_a_case() -> None:
    plans = [json.loads(path.read_text("utf-8")) for path in GPU.glob("plans/memory*.json")]
    cases = [case for plan in plans for case in plan["cases"]]
    two = [case for case in cases if "-tp2" in case["name"] or "-dp2" in case["name"]]

    assert len(two) > 10
    assert {memory.ranks(case["words"]) for case in two} == {2}
    assert memory.ranks(["--dp-size", "2"]) == 1


def test_ports_of_a_plan_do_not_meet() -> None:
    met = []
    plans = sorted(GPU.glob("plans/*.json"))
    for path in plans:
        plan = json.loads(path.read_text("utf-8"))
        found = plan.get("cases") or plan.get("servers") or [*chain(*plan.get("stages", []))]
        ports = [each["port"] for each in found]
        met += [path.name] * (len(ports) != len(set(ports)))

    assert len(plans) > 10
    assert met == []


def test_what_the_runtime_said_on_two_gpus() -> None:
    """What was measured: a rank that is killed takes the group with it, told in half a second."""
    result = json.loads((GPU / "results" / "life-0.5.17-two.json").read_text("utf-8"))
    by_name = {each["name"]: each for each in result["scenarios"]}
    killed = [by_name[f"two-kill-{which}"] for which in ("rank-0", "rank-1", "detokenizer")]

    assert [each["left"] for each in killed] == [{}, {}, {}]
    told = [next(e for e in each["events"] if e["state"] == "failed") for each in killed]
    assert all(each["ms"] < 500 for each in told)
    assert all("killed by SIGKILL (9)" in each["message"] for each in told)
    prompt = by_name["two-one-rank-full-at-a-prompt"]["events"][0]
    assert prompt["message"].startswith("sglang::scheduler_TP1 ")
    assert "no room for what one batch needs" in prompt["message"]


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GPU / "results" / f"{name}.json").read_text("utf-8"))
    return found


def scenarios(name: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in recorded(name)["scenarios"]}


def test_what_the_runtime_said_of_memory_that_ran_out() -> None:
    """Each is told by its cause: at the warm-up, too, so that no client meets it."""
    found = scenarios("life-0.5.17-full")
    said = {name: each["headline"] for name, each in found.items()}

    assert "the weights alone take more than the share 0.3" in said["fraction-too-small"]
    assert "a GPU was full before all of its share of the weights" in said["full-at-load"]
    assert "no room left for the CUDA graphs" in said["full-at-capture"]
    for name in ("little-at-capture", "full-at-warm-up", "full-at-a-prompt"):
        assert "no room for what one batch needs" in said[name]
    assert [each["phase"] for each in found["full-at-warm-up"]["started"]][-2] == "warmup"
    failed = [each for name, each in found.items() if name != "nearly-all"]
    assert all(each["failed_ms"] < 5000 and each["exit"] == 1 for each in failed)


def test_what_the_runtime_said_on_one_gpu() -> None:
    found = scenarios("life-0.5.17-one")
    killed = [found[f"one-kill-{which}"] for which in ("engine", "scheduler", "detokenizer")]
    stopped = [found[f"one-stop-{which}"] for which in ("engine", "scheduler", "detokenizer")]

    assert all(each["failed_ms"] < 500 and each["left"] == {} for each in killed)
    assert all("killed by SIGKILL (9)" in each["headline"] for each in killed)
    hang = [1000 * each["lifecycle"]["hang"] for each in stopped]
    assert all(0 < each["failed_ms"] - ms < 1000 for each, ms in zip(stopped, hang, strict=True))
    assert all("stopped for 20 s" in each["headline"] for each in stopped)
    assert all(each["stacks"]["frames"] > 10 for each in stopped)
    assert found["one-drain"]["observed"][-1]["what"].startswith("48 of 48 streams done")
    assert found["one-kill-and-again"]["observed"][-1]["what"] == "serves again: a prompt: 200"
    assert {each["key_in_log"] for each in found.values()} == {0}


def test_what_the_runtime_said_of_two_ranks() -> None:
    found = scenarios("life-0.5.17-two-again")
    stopped = [found[f"two-stop-rank-{rank}"] for rank in (0, 1)]

    assert all(0 < each["failed_ms"] - 1000 * each["lifecycle"]["hang"] < 1000 for each in stopped)
    for rank, each in enumerate(stopped):
        assert f"sglang::scheduler_TP{rank} (process" in each["headline"]
        assert (each["exit"], each["left"], each["key_in_log"]) == (1, {}, 0)
        assert each["stacks"]["processes"] == 5
        assert 0 < each["stacks"]["stopped"] < each["stacks"]["frames"]
    assert "GPU 1 was full, and another process" in found["two-one-rank-full-at-load"]["headline"]
    verdicts = {each["probe"]: each["outcome"] for each in found["two-verify"]["verdicts"]}
    assert verdicts["gone"] == "passed"
    assert "failed" not in verdicts.values()


def test_the_fused_all_reduce_and_the_graphs_wait_for_kernels_once() -> None:
    result = json.loads((GPU / "results/memory-0.5.17-two-ready.json").read_text("utf-8"))
    first, second, third = result["starts"]
    graphs = [
        [one["seconds"] for one in each["steps"] if one["step"] == "captured"]
        for each in (second, third)
    ]

    def fused(start: dict[str, Any]) -> float:
        at = {one["step"]: one["at"] for one in start["steps"]}
        return float(at["fused"] - at["pool"])

    assert fused(first) > 300
    assert max(fused(second), fused(third)) < 1
    assert graphs[0][0] > 20 * graphs[1][0]
    assert [each["reached"] for each in result["starts"]] == [False, False, True]


def test_what_a_cache_of_kernels_saves() -> None:
    """Compiling with dummy weights leaves the kernels of real ones; bytes of a cubin prove none."""
    result = recorded("start-0.5.17")
    by_name = {case["name"]: case for case in result["cases"]}

    assert "no-tvm-ffi 51 s" in start_table.costs(result)
    assert sum(told["new"] for told in by_name["warm-no-walk"]["made"].values()) == 0
    pairs = {pair["other"]: pair for pair in result["alike"]}
    same = "the same names, and the same bytes in 26 of 26 sources and in 2 of 26 pieces"
    assert same in start_table.kernels(pairs["cold-real"])
    assert same in start_table.kernels(pairs["no-deep-gemm-fast"])


def test_files_of_two_caches_side_by_side() -> None:
    one = {"deep_gemm": {"a.cu": (3, "x"), "b.cu": (3, "y")}, "home": {}}
    other = {"deep_gemm": {"a.cu": (3, "x"), "c.cu": (3, "y")}, "triton": {}}

    (row,) = start.alike([["one", "other"], ["one", "none"]], {"one": one, "other": other})

    count = {"both": 1, "same": 1, "only_one": 1, "only_other": 1}
    assert row["caches"] == {"deep_gemm": count}
    assert row["files"] == {"a.cu": ["x", "x"]}


def test_what_the_door_costs_is_told_without_the_first_round() -> None:
    rows = [
        {
            "server": "s", "streams": 2, "way": way, "round": number, "input": 5, "output": 10,
            "completed": 2, "output_per_s": rate, "first_ms": [first, first], "door_cpu_s": cpu,
        }
        for way, number, rate, first, cpu in (
            ("the door", 0, 1.0, 900.0, 9.0), ("by hand", 0, 1.0, 900.0, 0.0),
            ("by hand", 1, 100.0, 20.0, 0.0), ("the door", 1, 98.0, 21.5, 0.002),
        )
    ]  # fmt: skip

    said = door_table.of({"rows": rows})

    assert "100 tokens/s by hand and 98 through the door" in said
    assert "20.0 ms and 21.5 ms, for 100 us of a core a token" in said
    assert door_table.of({"rows": []}) == ""


def test_a_start_beside_its_weights_is_what_was_measured() -> None:
    took = {case["name"]: case["ready_s"] for case in recorded("start-0.5.17")["cases"]}

    assert (round(took["warm-no-walk"]), round(took["cold-dummy"])) == BESIDE_WEIGHTS
