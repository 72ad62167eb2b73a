"""A log is read as it comes: in any pieces, among any ranks, in bounded memory, and told truly."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.diagnose.diagnosis import Diagnosis
from deployer.diagnose.reader import Reader
from deployer.diagnose.words import headline, nothing, report

from .excerpts import ACCESS, AT, EXCERPTS, GRAPHS, SERVING, SIGQUIT, START, died, hit, uncaught

LOGS = Path(__file__).parents[1] / "data/logs"
UNKNOWN = "ValueError: the moon is in the wrong house"

FAILED = {
    "arch": "architecture-unknown",
    "context": "context-too-long",
    "draft-h200": "gpu-full-for-the-draft",
    "lora": "adapter-not-found",
    "header": "weights-file-broken",
    "no-room-h200": "no-room-for-the-pool",
    "norepo": "hub-not-asked",
    "notfolder": "repository-unknown",
    "notok": "",
    "noweights": "no-weights",
    "pool": "pool-too-small",
    "port": "port-taken",
    "quant": "quantization-contradicted",
    "remote": "remote-code-not-trusted",
    "shape": "weight-of-other-shape",
    "shard": "weights-file-missing",
    "template": "chat-template-unknown",
    "tp2": "numa-nodes-too-few",
    "truncated": "weights-file-broken",
    "type": "model-type-unknown",
}
"""Logs of the real engine (0.5.23 on a CPU, 0.5.10 and 0.5.17 on an H200) in which a fault was
planted, by file; '' is a failure that nobody has named yet."""

WITHOUT_PLACE = {"port-taken"}
"""Uvicorn tells it in one line."""


def read(text: str, *, ended: bool = False) -> Diagnosis | None:
    reader = Reader()
    reader.feed(text.encode())
    reader.finish()
    return reader.diagnosis(ended=ended)


@pytest.mark.parametrize(("file", "name"), FAILED.items())
def test_a_real_failure_is_told(file: str, name: str) -> None:
    found = read((LOGS / "failed" / f"{file}.log").read_text(encoding="utf-8"))

    assert found is not None
    assert found.name == name
    assert found.proven
    assert found.where.startswith("" if name in WITHOUT_PLACE else "sglang/srt/")


def test_every_real_log_is_read_here() -> None:
    assert sorted(path.stem for path in (LOGS / "failed").iterdir()) == sorted(FAILED)


@pytest.mark.parametrize("path", sorted((LOGS / "healthy").iterdir()), ids=lambda path: path.stem)
def test_a_real_log_without_failure_tells_none(path: Path) -> None:
    reader = Reader()
    reader.feed(path.read_bytes())

    assert reader.diagnosis() is None
    assert reader.reading().recognized
    assert reader.reading().stage == "drain"
    assert nothing(reader.reading()) == "no failure is told; the engine was asked to stop"


HANDLED = (
    "Traceback (most recent call last):\n"
    '  File "/x/sglang/srt/layers/moe.py", line 9, in tune\n    load()\n'
    "FileNotFoundError: [Errno 28] No space left on device\n"
)


@pytest.mark.parametrize(
    "text",
    [
        f"[{AT}] Cannot load the tuned config; the default is used\n{HANDLED}" + GRAPHS,
        f"{SERVING}[{AT}] ERROR:    Exception in ASGI application\n{HANDLED}{SERVING}",
        f"{SERVING}Exception in thread Thread-3 (report):\n{HANDLED}{SERVING}",
        f"{SERVING}[{AT}] Receive: obj=GenerateReqInput(text='CUDA out of memory. Traceback')\n",
        f"{SERVING}[{AT}] SIGTERM received. signum=None\n" + uncaught("KeyboardInterrupt"),
        SERVING
        + f"[{AT} TP0] OpenAI Responses API disabled (ModuleNotFoundError: No module named 'h')\n",
    ],
)
def test_what_was_handled_is_no_failure(text: str) -> None:
    assert read(text) is None


def test_a_failure_that_is_not_known_is_told_as_such() -> None:
    found = read(died(UNKNOWN, "models/mind.py:7 load", rank="DP1 TP5") + hit(UNKNOWN))

    assert found is not None
    assert (found.name, found.rank, found.said, found.followed) == ("", "DP1 TP5", UNKNOWN, 1)
    assert (
        headline(found)
        == f"the first exception in its log is not one that is known here: {UNKNOWN}"
    )
    assert report(found) == (
        f"cause: {headline(found)}",
        f"told by: Scheduler, rank DP1 TP5, {AT}, while loading weights, line 6, then 1 more rank",
        "where: sglang/srt/models/mind.py:7 load",
    )


def test_a_known_failure_is_reported_whole() -> None:
    found = read(EXCERPTS["no-room-for-the-pool"])

    assert found is not None
    assert report(found)[2:] == (
        f"told by: Scheduler, rank TP3, {AT}, while loading weights, line 6",
        "where: sglang/srt/mem_cache/kv_cache_configurator.py:1647 _profile_available_bytes",
        "write memory.mem_fraction_static: above 0.671, with room for the pool",
        "write parallel.tp: more GPUs for the weights",
        "known from: https://github.com/SemiAnalysisAI/InferenceX/issues/2128",
    )


def test_a_symptom_gives_way_to_the_cause_that_comes_later() -> None:
    symptom, cause = EXCERPTS["ranks-lost-each-other"], hit(f"RuntimeError: {ACCESS}")
    alone, found = read(symptom), read(symptom + cause)

    assert alone is not None
    assert alone.symptom
    assert "symptom: " in "\n".join(report(alone))
    assert found is not None
    assert (found.name, found.symptom) == ("illegal-memory-access", False)


def test_an_exception_of_which_nobody_died_counts_only_for_an_engine_that_is_gone() -> None:
    text = f"{START}[{AT}] It goes on without\n{HANDLED}"
    gone = read(text, ended=True)

    assert read(text) is None
    assert gone is not None
    assert (gone.name, gone.proven) == ("disk-full", False)
    assert "unproven: " in "\n".join(report(gone))
    assert read(text + SIGQUIT) == gone


def test_the_first_of_a_chain_that_is_known_counts() -> None:
    chain = uncaught("RuntimeError: could not begin", "entrypoints/engine.py:9 launch")
    inner = HANDLED + "\nDuring handling of the above exception, another exception occurred:\n\n"
    found = read(inner + chain)

    assert found is not None
    assert (found.name, found.proven) == ("disk-full", True)


@pytest.mark.parametrize(
    "carried",
    [
        "{}",
        "2025-07-25T07:53:08.21748708+08:00 stdout F {}",
        "2026-11-29T06:38:50.1234567Z {}",
        "sglang-1  | {}",
        "(SGLangEngine pid=23902) {}",
        "\x1b[36m(WorkerDict pid=616, ip=192.0.2.7)\x1b[0m {}",
        "{}\r",
    ],
)
def test_what_carried_a_log_does_not_matter(carried: str) -> None:
    plain = EXCERPTS["not-divisible"]
    found = read("".join(f"{carried.format(line)}\n" for line in plain.splitlines()))

    assert found == read(plain)


def test_a_rank_that_torch_names_is_told() -> None:
    text = uncaught("RuntimeError: CUDA error: out of memory", "layers/x.py:1 f")
    found = read("".join(f"[rank6]: {line}\n" for line in text.splitlines()))

    assert found is not None
    assert (found.name, found.rank) == ("gpu-full", "rank 6")


@given(st.sampled_from(sorted(EXCERPTS)), st.lists(st.integers(1, 4000), min_size=1, max_size=40))
def test_it_is_the_same_in_any_pieces(name: str, sizes: list[int]) -> None:
    data = (EXCERPTS[name] + SERVING).encode()
    reader = Reader()
    for size in sizes:
        reader.feed(data[:size])
        data = data[size:]
    reader.feed(data)
    reader.finish()

    assert reader.diagnosis() == read(EXCERPTS[name] + SERVING)


@given(st.lists(st.sampled_from(sorted(EXCERPTS)), min_size=1, max_size=6))
def test_the_first_cause_stays_whatever_follows(names: list[str]) -> None:
    first = read(EXCERPTS["weight-unknown"])
    after = "".join(EXCERPTS[name] for name in names).replace("server_args=", "")
    found = read(EXCERPTS["weight-unknown"] + after)

    assert first is not None
    assert found is not None
    assert (found.name, found.said, found.line) == (first.name, first.said, first.line)


def test_of_several_starts_the_last_one_counts_and_the_one_before_is_told_apart() -> None:
    reader = Reader()
    reader.feed((EXCERPTS["not-divisible"] + SERVING).encode())
    reading = reader.reading()

    assert reader.diagnosis() is None
    assert reading.starts == 2
    assert reading.earlier is not None
    assert reading.earlier.name == "not-divisible"


def test_its_memory_is_bounded() -> None:
    reader = Reader()
    reader.feed(hit("ValueError: long\n" + "more\n" * 50_000).encode())
    frame = b'  File "/x/sglang/a.py", line 1, in f\n'
    reader.feed(b"Traceback (most recent call last):\n" + frame * 50_000)
    reader.feed(b"x" * 1_000_000)
    kept = reader.diagnosis(ended=True)

    assert kept is not None
    assert len(kept.said) < 1_000
    assert len(reader._partial) < 10_000
    assert reader.reading().lines > 100_000


@pytest.mark.parametrize("word", [SIGQUIT, f"[{AT}] Rank 0 scheduler died with exit code 1.\n"])
def test_an_end_of_which_nothing_is_said_is_no_good_end(word: str) -> None:
    """0.5.17's parent says that a child failed, and a killed child says nothing."""
    reader = Reader()
    reader.feed(f"{START}{word}".encode())

    assert reader.diagnosis() is None
    assert reader.reading().cut
    assert nothing(reader.reading()).startswith("a process of the engine ended, and of what")
    reader.feed(f"{START}{SERVING}".encode())  # it was started again
    assert not reader.reading().cut


def test_an_empty_log_tells_nothing_and_is_no_engines() -> None:
    reader = Reader()
    reader.feed(b"hello\nworld")
    reader.finish()

    assert reader.diagnosis(ended=True) is None
    assert not reader.reading().recognized
    assert reader.reading().lines == 2


def test_what_the_engine_itself_may_hold_is_nobody_elses() -> None:
    full = (
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 80.00 MiB. GPU 0 has a "
        "total capacity of 139.80 GiB of which 66.44 MiB is free. Process 7 has {held} memory in "
        "use."
    )
    found = [
        read(died(full.format(held=held), "layers/sampler.py:90 __init__"))
        for held in ("1.98 GiB", "512.00 MiB", "2.00 GiB", "13.94 GiB", "138.77 GiB")
    ]

    names = [each.name if each else "" for each in found]
    assert names == ["gpu-full"] * 2 + ["gpu-held-by-another"] * 3
    assert found[3] is not None
    assert found[3].cause == "GPU 0 was full, and another process, 7, held 13.94 GiB of it"
