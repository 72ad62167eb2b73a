"""At the boundary of a check nothing is said, one step beyond it is; a remedy names its number."""

from __future__ import annotations

import pytest
import yaml

from deployer.compile.case import Case
from deployer.finding import Finding, Severity
from deployer.profile.load import load_profile

from .sane import Change, changed, findings

EAGLE: Change = {"speculative": {"algorithm": "EAGLE", "num_steps": 3, "eagle_topk": 1}}
DENSE: Change = {"model": {"repo": "Qwen/Qwen3-32B"}, "kernels": {"attention": "fa3"}}


def of(name: str, *changes: Change) -> list[Finding]:
    profile = changed({})
    for change in changes:
        profile = changed(change, profile)
    found = findings(profile)
    assert not [one for one in found if one.check.startswith(("yaml", "unknown-key"))]
    return [one for one in found if one.check == name]


def life(**values: object) -> Change:
    return {"lifecycle": values}


def writers(containers: int, **volume: object) -> Change:
    weights = {"volume": "weights", "path": "/models", **volume}
    return {"modal": {"download": {"containers": containers}, "weights": weights}}


@pytest.mark.parametrize(
    ("name", "within", "beyond"),
    [
        ("startup-unbounded", life(startup_timeout=14400), life(startup_timeout=14401)),
        ("startup-unbounded", life(warmup_timeout=14400), life(warmup_timeout=14401)),
        (
            "eagle-small-pool",
            {**EAGLE, "memory": {"max_total_tokens": 202_752}},
            {**EAGLE, "memory": {"max_total_tokens": 202_751}},
        ),
        (
            "warmup-beyond-context",
            {**life(warmup_long_tokens=3744), "model": {"context_length": 4000}},
            {**life(warmup_long_tokens=3745), "model": {"context_length": 4000}},
        ),
        ("startup-near-load", life(startup_timeout=2161), life(startup_timeout=2160)),
        ("startup-near-load", life(startup_timeout=252), life(startup_timeout=253)),
        ("startup-below-load", life(startup_timeout=253), life(startup_timeout=252)),
        ("writers-beyond-volume", writers(4), writers(5)),
        ("writers-beyond-volume", writers(32, version=2), writers(5, version=1)),
    ],
)
def test_one_step_decides(name: str, within: Change, beyond: Change) -> None:
    assert of(name, within) == []
    assert len(of(name, beyond)) == 1


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("chunk-not-of-pages", {"schedule": {"chunked_prefill_size": 32}}, "write 64"),
        ("chunk-not-of-pages", {"schedule": {"chunked_prefill_size": 200}}, "write 192"),
        (
            "startup-near-load",
            life(startup_timeout=300),
            "write at least `lifecycle.startup_timeout: 4321`",
        ),
        (
            "startup-below-load",
            life(startup_timeout=100),
            "write at least `lifecycle.startup_timeout: 4321`",
        ),
        (
            "warmup-beyond-context",
            {**life(warmup_long_tokens=1000), "model": {"context_length": 272}},
            "write at most 16,",
        ),
        ("experts-undivided", {"parallel": {"ep": 3}}, "1, 2, 4, 8"),
        ("writers-beyond-volume", writers(5), "write `modal.download.containers: 4`"),
    ],
)
def test_the_remedy_names_its_number(name: str, change: Change, said: str) -> None:
    (found,) = of(name, change)

    assert said in found.hint


@pytest.mark.parametrize(
    ("parallel", "said"),
    [
        ({"tp": 4}, "tp 4 x pp 1 uses 4 GPUs, and the replica has 8"),
        ({"tp": 2, "dp": 2}, "tp 2 x pp 1 x dp 2 uses 4 GPUs, and the replica has 8"),
    ],
)
def test_replicas_are_named_where_there_are_several(parallel: Change, said: str) -> None:
    (found,) = of("gpus-unused", {"parallel": parallel})

    assert said in found.message


@pytest.mark.parametrize(
    ("change", "tokens"),
    [
        ({}, 64),
        (DENSE, 1),
        ({**DENSE, "memory": {"page_size": 16}}, 16),
        ({**DENSE, "kernels": {"attention": "flashmla"}}, 64),
        ({**DENSE, "kernels": {"attention": "cutlass_mla"}, "memory": {"page_size": 16}}, 128),
    ],
)
def test_the_tokens_of_a_page(change: Change, tokens: int) -> None:
    profile = load_profile(yaml.safe_dump(changed(change), sort_keys=False), "p.yaml").profile

    assert profile is not None
    assert Case(profile).resolved.page_size.value == tokens


def test_more_writers_than_a_volume_bears_are_refused() -> None:
    (found,) = of("writers-beyond-volume", writers(5))
    assert found.severity is Severity.ERROR
    assert found.message == (
        "5 containers write into a volume of version 1, which a new one is where none is stated: "
        "at most 4 may"
    )
    (found,) = of("writers-beyond-volume", writers(5, version=1))
    assert found.message == "5 containers write into a volume of version 1: at most 4 may"
    (found,) = findings(changed(writers(33, version=2)))
    assert (found.severity, found.path) == (Severity.ERROR, "modal.download.containers")
    assert "32" in found.message
