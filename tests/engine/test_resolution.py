"""Values beside what the profile says: which kind each is, and where it comes from."""

from pathlib import Path
from typing import Any

from deployer.engine.overlay import Interpreter
from deployer.engine.resolution import Resolution, Row, resolution
from deployer.engine.resolve import Answer, Value
from deployer.release import Argument

from .releases import given, release, unsaid

ON, OFF = True, False


def _resolution(*values: Value, arguments: tuple[Argument, ...] = (), **parts: Any) -> Resolution:
    version = parts.pop("version", "0.5.23")
    blank = {"outcome": "resolved", "message": "", "where": "", "said": (), "variables": {}}
    packages = {"torch": "2.13.0+cpu", "transformers": "5.19.0"}
    answer = Answer(
        **blank | parts, values=values, packages=packages, pretended=("CUDA 13.0", "flashinfer")
    )
    return resolution(
        release(*arguments, version=version),
        answer,
        engine=Interpreter(version, Path("/python3")),
        stated="0.5.23",
        model="a test",
    )


def _row(*values: Value, arguments: tuple[Argument, ...] = (), **parts: Any) -> Row:
    (row,) = _resolution(*values, arguments=arguments, **parts).rows
    return row


def test_filled_in() -> None:
    row = _row(unsaid("page_size", "--page-size", None, 64, "rule"))
    assert row == Row("filled", "--page-size", "", "", None, 64, "rule")


def test_kept_and_changed() -> None:
    kv = Argument("--kv-cache-dtype", ("bf16",), "memory.kv_cache_dtype")
    kept = given("kv_cache_dtype", "--kv-cache-dtype", "auto", "bf16", "bf16")
    changed = given("kv_cache_dtype", "--kv-cache-dtype", "auto", "bf16", "bfloat16")
    assert _row(kept, arguments=(kv,)).kind == "kept"
    assert _row(changed, arguments=(kv,)) == Row(
        "changed", "--kv-cache-dtype", "memory.kv_cache_dtype", "bf16", "auto", "bfloat16", ""
    )


def test_from_nothing_to_nothing_is_the_default() -> None:
    nothings: tuple[object, ...] = (None, False, [], {}, "")
    for nothing in nothings:
        row = _row(unsaid("custom_weight_loader", "", None, nothing))
        assert row.kind == "default"
    assert _row(unsaid("x", "", None, 0)).kind == "filled"
    assert _row(unsaid("x", "", ON, OFF)).kind == "filled"


def test_a_switch_is_on() -> None:
    metrics = Argument("--enable-metrics", (), "observability.metrics")
    value = given("enable_metrics", "--enable-metrics", OFF, ON, ON)
    row = _row(value, arguments=(metrics,))
    assert (row.profile, row.key) == ("on", "observability.metrics")


def test_an_option_is_named_as_the_command_line_names_it() -> None:
    """Up to 0.5.12 the canonical name of --tp-size is --tensor-parallel-size."""
    size = Argument("--tp-size", ("8",), "hardware.count")
    value = given("tp_size", "--tensor-parallel-size", 1, 8, 8)
    row = _row(value, arguments=(size,), version="0.5.10.post1")
    assert (row.option, row.key, row.profile) == ("--tp-size", "hardware.count", "8")


def test_a_record_is_taken_apart() -> None:
    resolved = {"decode": {"backend": "full", "bs": [1, 2]}, "prefill": {"max_bs": None}}
    found = _resolution(unsaid("cuda_graph_config", "--cuda-graph-config", None, resolved))
    assert [(row.option, row.resolved) for row in found.of("filled")] == [
        ("--cuda-graph-config.decode.backend", "full"),
        ("--cuda-graph-config.decode.bs", [1, 2]),
    ]


def test_a_record_that_the_profile_gives_in_part() -> None:
    argument = Argument("--cuda-graph-config", ('{"decode":…}',), "engine.args.cuda-graph-config")
    stated = {"decode": {"max_bs": 8}}
    resolved = {"decode": {"max_bs": 16, "backend": "full"}}
    found = _resolution(
        given("cuda_graph_config", "--cuda-graph-config", None, stated, resolved),
        arguments=(argument,),
    )
    (changed,), (filled,) = found.of("changed"), found.of("filled")
    assert changed.option == "--cuda-graph-config.decode.max_bs"
    assert (filled.option, filled.key) == ("--cuda-graph-config.decode.backend", "")


def test_chance_has_no_value() -> None:
    row = _row(unsaid("random_seed", "--random-seed", None, 8271))
    assert row.resolved == "drawn at every start"
    seed = Argument("--random-seed", ("7",), "engine.args.random-seed")
    value = given("random_seed", "--random-seed", None, 7, 7)
    assert _row(value, arguments=(seed,)).resolved == 7


def test_a_secret_stays_one() -> None:
    key = Argument("--admin-api-key", ("hunter2",), "engine.args.admin-api-key")
    value = given("admin_api_key", "--admin-api-key", None, "hunter2", "hunter2")
    row = _row(value, arguments=(key,))
    assert (row.profile, row.resolved) == ("***", "***")


def test_about_the_answer() -> None:
    found = _resolution(outcome="refused", message="no", where="sglang/x.py:1")
    assert not found.accepted
    assert found.gpu is not None
    assert (found.gpu.name, found.count) == ("NVIDIA B200", 8)
    assert found.pins == {"torch": "2.14.1", "transformers": "5.19.0"}
