"""What changes lead to: the tables are about things that exist, and nothing is without effect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.behaviour.kernel_key import FLAGS
from deployer.cli.reading import read_release
from deployer.facts.sglang.catalogue import Option, load, newest, releases
from deployer.facts.sglang.powers import of_option
from deployer.plan.consequences import LOADER
from deployer.plan.diff import diff
from deployer.plan.effects import RANK, Effect
from deployer.plan.flag_rules import NAMESPACES, RULES, SPECULATIVE
from deployer.plan.keys import FOLLOWS
from deployer.plan.meaning import of_key
from deployer.plan.parameter_rules import PARAMETERS
from deployer.release import Argument, Release, Variable

BASE = read_release("profiles/b200-fp8-eagle.yaml")
BARE = replace(BASE, engine=replace(BASE.engine, version=newest()), arguments=())


def test_every_rule_names_flags_that_some_release_knows() -> None:
    catalogues = [load(version) for version in releases()]
    known = {string.removeprefix("--") for one in catalogues for string in one.strings()}

    assert {flag for rule in RULES for flag in rule.flags} | SPECULATIVE <= known
    categories = {option.category for one in catalogues for option in one}
    assert set(NAMESPACES) <= categories


def test_every_rule_of_a_key_names_a_field() -> None:
    assert [key for key in PARAMETERS if not of_key(FOLLOWS.get(key, key)).help] == []


def test_every_option_of_the_newest_release_has_a_consequence() -> None:
    options = list(load(newest()))
    assert len(options) > 500
    for option in options:
        if option.name.removeprefix("--") in LOADER:  # what it leads to is reckoned
            continue
        words = Argument(option.name, () if option.nargs == 0 else ("1",), "x")
        (explained,) = diff(BARE, replace(BARE, arguments=(words,))).changes
        assert explained.change.what.split()[0] == option.name
        effects = [one.effect for one in explained.consequences]
        assert effects == sorted(ruled(option), key=RANK.__getitem__), option.name
        assert all(one.reason for one in explained.consequences), option.name


def ruled(option: Option) -> set[Effect]:
    """Give what the tables say of an option: its own rules, or else those of its namespace."""
    names = {string.removeprefix("--") for string in option.strings}
    found = {rule.effect for rule in RULES if names & rule.flags}
    if names & SPECULATIVE:
        found.add(Effect.CAPACITY)
    found = found or {effect for effect, _ in NAMESPACES.get(option.category, ())}
    if set(option.strings) & {spelling for each in FLAGS.values() for spelling in each}:
        found.add(Effect.KERNELS)
    if of_option(option.name, "1", known=True):
        found.add(Effect.SECURITY)
    return found if Effect.NOTHING in found else found | {Effect.CONTAINERS}


def with_parts(**parts: object) -> Release:
    return replace(BASE, **parts)  # type: ignore[arg-type]


def modal(**parts: object) -> Release:
    assert BASE.modal is not None
    return replace(BASE, modal=replace(BASE.modal, **parts))  # type: ignore[arg-type]


def flag(name: str, *values: str) -> Release:
    kept = tuple(a for a in BASE.arguments if a.flag != name)
    return replace(BASE, arguments=(*kept, Argument(name, values, "engine.args.x")))


def without(name: str) -> Release:
    return replace(BASE, arguments=tuple(a for a in BASE.arguments if a.flag != name))


def variable(name: str) -> Release:
    return replace(BASE, environment=(*BASE.environment, Variable(name, "1", "engine.env")))


S, M, W, K = Effect.SECURITY, Effect.MONEY, Effect.WEIGHTS, Effect.KERNELS
A, V, C, N = Effect.ACCURACY, Effect.CLIENTS, Effect.CAPACITY, Effect.CONTAINERS


@pytest.mark.parametrize(
    ("new", "effects"),
    [
        (flag("--kv-cache-dtype", "fp8_e4m3"), [K, A, C, N]),
        (flag("--quantization", "fp8"), [K, A, C, N]),
        (flag("--tp-size", "4"), [K, A, C, N]),
        (flag("--dsa-decode-backend", "trtllm"), [A, N]),
        (flag("--sampling-backend", "pytorch"), [A, N]),
        (flag("--context-length", "65536"), [V, C, N]),
        (flag("--chunked-prefill-size", "8192"), [K, C, N]),
        (flag("--max-queued-requests", "64"), [V, N]),
        (flag("--chat-template", "x"), [S, V, N]),
        (flag("--page-size", "64"), [K, C, N]),
        (flag("--log-requests"), [S, N]),
        (flag("--host", "127.0.0.1"), [S, V, N]),
        (flag("--admin-api-key", "k"), [S, V, N]),
        (flag("--lora-paths", "a"), [S, V, C, N]),
        (flag("--watchdog-timeout", "5"), [N]),
        (without("--enable-metrics"), [S, N]),
        (without("--trust-remote-code"), [S, N]),
        (with_parts(model=replace(BASE.model, repo="a/b")), [S, W, K, A, V, C, N]),
        (with_parts(model=replace(BASE.model, revision="b", commit="")), [S, W, K, A, N]),
        (with_parts(engine=replace(BASE.engine, image="a:b")), [S, K, A, N]),
        (with_parts(engine=replace(BASE.engine, version="0.5.10")), [K, A, V, C, N]),
        (with_parts(hardware=replace(BASE.hardware, gpu="H200")), [M, K, A, C, N]),
        (with_parts(listen=replace(BASE.listen, api_key_variable="")), [S, V, N]),
        (with_parts(lifecycle=replace(BASE.lifecycle, startup=9.0)), [N]),
        (with_parts(lifecycle=replace(BASE.lifecycle, drain=9.0)), [V, N]),
        (with_parts(warmup=BASE.warmup[:1]), [N]),
        (with_parts(name="other"), [N]),
        (modal(regions=("us-east",)), [M, V, N]),
        (modal(endpoint="server"), [V, N]),
        (modal(scaledown_window=60), [M, N]),
        (modal(download_cpu=8.0), [N]),
        (variable("SGLANG_JIT_DEEPGEMM_PRECOMPILE"), [K, N]),
        (variable("SGLANG_NO_SUCH_VARIABLE"), [S, N]),
        (variable("HF_ENDPOINT"), [S, N]),
        (variable("LD_PRELOAD"), [S, N]),
        (variable("PYTHONPATH"), [S, N]),
        (variable("PYTHONHASHSEED"), [N]),
        (variable("HTTPS_PROXY"), [S, N]),
        (variable("SGLANG_PLUGINS"), [S, N]),
        (variable("NOBODY_KNOWS"), [S, N]),
        (variable("NCCL_DEBUG"), [C, N]),
        (variable("SGLANG_LOG_FORWARD_ITERS"), [N]),
        (flag("--forward-hooks", "[]"), [S, N]),
        (flag("--custom-weight-loader", "a.b"), [S, N]),
        (flag("--nobody-knows", "a"), [S, N]),
    ],
)
def test_the_consequences_that_matter(new: Release, effects: list[Effect]) -> None:
    assert list(diff(BASE, new).effects) == effects


def labels(new: Release) -> tuple[str, ...]:
    return diff(BASE, new).labels


def test_money_has_its_figure() -> None:
    assert "money $37,162 a month more" in labels(modal(min_containers=1))
    assert "money at most $152.72 -> $50.91 an hour" in labels(modal(max_containers=1))
    assert "money $12.73 -> $0.85 for an idle container before it stops" in labels(
        modal(scaledown_window=60)
    )
    gpu = with_parts(hardware=replace(BASE.hardware, gpu="H200"))
    assert "money $50.91 -> $37.23 an hour a container" in labels(gpu)


def test_from_this_machine_to_modal_the_money_begins() -> None:
    local = replace(BASE, target="local", modal=None)

    to_modal, to_local = diff(local, BASE), diff(BASE, local)

    assert to_modal.labels[0] == "money $50.91 an hour a container"
    assert [e.change.what for e in to_modal.changes if e.rank == RANK[Effect.MONEY]] == ["target"]
    assert to_local.labels[0] == "money"
    assert [e.change.what for e in to_local.changes if e.rank == RANK[Effect.MONEY]] == ["target"]
    assert to_local.replaces.startswith("What runs goes on until it is destroyed")


@pytest.mark.parametrize("renamed", [True, False])
def test_only_the_same_deployment_is_replaced(renamed: bool) -> None:
    here = replace(BASE, target="local", modal=None)
    changed = replace(
        here, name="other" if renamed else here.name, listen=replace(here.listen, port=1)
    )
    found = diff(here, changed).replaces

    assert found == (
        "What runs goes on until it is destroyed, and the next apply starts another beside it"
        if renamed
        else "The next apply ends the server that runs, and starts another"
    )


def test_parts_of_a_pool_are_no_sum_where_the_whole_is_not_known() -> None:
    new = replace(flag("--kv-cache-dtype", "fp8_e4m3"), hardware=replace(BASE.hardware, gpu="none"))

    assert "KV capacity" in diff(BASE, new).labels


def test_a_gpu_without_a_known_price_says_so() -> None:
    found = diff(BASE, with_parts(hardware=replace(BASE.hardware, gpu="L4")))

    (money,) = [o for e in found.changes for o in e.consequences if o.effect is Effect.MONEY]
    assert money.amount == ""
    assert "the price of L4 is not among the known facts" in money.reason


def test_each_flag_has_the_tokens_that_it_alone_gains_or_loses() -> None:
    new = flag("--kv-cache-dtype", "fp8_e4m3")
    fraction = tuple(
        replace(a, values=("0.8",)) if a.flag == "--mem-fraction-static" else a
        for a in new.arguments
    )
    found = diff(BASE, replace(new, arguments=fraction))

    alone = {
        e.change.what: o.amount
        for e in found.changes
        for o in e.consequences
        if o.effect is Effect.CAPACITY
    }
    assert alone == {
        "--kv-cache-dtype": "+530,000 tokens",
        "--mem-fraction-static": "-95,000 tokens",
    }
    assert found.capacity is not None
    assert found.capacity.difference == "+358,000 tokens"


def test_no_number_is_made_up_for_another_model() -> None:
    other = replace(BASE, model=replace(BASE.model, repo="a/b"))
    new = replace(flag("--mem-fraction-static", "0.9"), model=other.model)

    found = diff(other, new)

    assert found.labels == ("KV capacity", "new containers")
    assert found.capacity is not None
    assert found.capacity.sentence == (
        "KV pool: no estimate of the difference, because the memory of a/b is not among the "
        "known facts"
    )


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "auto",
            "fastsafetensors",
            (
                "money a start loads in 4.2 to 12.6 min instead of 14.8 to 36.0 min, "
                "$3.56 to $10.69 instead of $12.58 to $30.55"
            ),
        ),
        (
            "fastsafetensors",
            "runai_streamer",
            (
                "money a start loads in at least 4.2 min instead of 4.2 to 12.6 min, "
                "at least $3.56 instead of $3.56 to $10.69"
            ),
        ),
        ("auto", "dummy", "accuracy may change"),
    ],
)
def test_another_loader_says_what_it_saves(before: str, after: str, said: str) -> None:
    def with_format(name: str) -> Release:
        words = Argument("--load-format", (name,), "model.load_format")
        return replace(BASE, arguments=(*BASE.arguments, words))

    (explained,) = diff(with_format(before), with_format(after)).changes
    assert said in [one.label for one in explained.consequences]


def test_a_switch_of_the_loader_says_what_it_saves_where_it_does() -> None:
    def labels(how: str) -> list[str]:
        words = Argument("--load-format", (how,), "model.load_format")
        before = replace(BASE, arguments=(*BASE.arguments, words))
        switch = Argument("--weight-loader-disable-mmap", (), "engine.args")
        after = replace(before, arguments=(*before.arguments, switch))
        (explained,) = diff(before, after).changes
        return [one.label for one in explained.consequences]

    assert labels("fastsafetensors") == ["new containers"]
    saved, *rest = labels("auto")
    assert rest == ["new containers"]
    assert saved == (
        "money a start loads in at least 4.2 min instead of 14.8 to 36.0 min, "
        "at least $3.56 instead of $12.58 to $30.55"
    )


def _without(release: Release, flag: str) -> Release:
    return replace(release, arguments=tuple(a for a in release.arguments if a.flag != flag))


@pytest.mark.parametrize("flag", ["--trust-remote-code", "--enable-metrics"])
def test_what_is_taken_away_is_not_told_as_if_it_came(flag: str) -> None:
    def security(old: Release, new: Release) -> list[str]:
        (explained,) = diff(old, new).changes
        return [one.reason for one in explained.consequences if one.effect is Effect.SECURITY]

    gone, came = security(BASE, _without(BASE, flag)), security(_without(BASE, flag), BASE)

    assert came
    assert gone == [f"no longer so: {reason}" for reason in came]


def test_another_name_of_the_same_app_is_the_same_address_and_replaces_it() -> None:
    assert BASE.modal is not None
    (renamed,) = diff(BASE, replace(BASE, name="other")).changes
    moved = replace(BASE, name="other", modal=replace(BASE.modal, app="other"))
    both = {each.change.what: each for each in diff(BASE, moved).changes}

    assert [one.effect for one in renamed.consequences] == [Effect.CONTAINERS]
    assert Effect.MONEY in {one.effect for one in both["name"].consequences}
