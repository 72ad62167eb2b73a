"""What cannot start, here or on Modal, is said before it is tried; what follows is derived."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.check.run import load_checked
from deployer.compile.release import compile_profile
from deployer.engine.environment import ENGINES
from deployer.facts.cpu import RELEASES, SWITCH
from deployer.profile.load import load_profile
from tests.shipped import shipped

from .sane import GLM, Change, changed, findings, told

LOCAL: Change = changed(
    {
        "target": "local",
        "modal": None,
        "model": {"path": "/models/glm"},
        "hardware": {"gpu": "none", "count": 0},
        "engine": {"version": RELEASES[-1], "image": None},
        "kernels": None,
        "serving": {"host": "127.0.0.1"},
    }
)
BUILTIN: Change = changed({"model": {"source": "builtin", "repo": "tiny", "path": None}}, LOCAL)
TINY = Path("profiles/cpu-tiny.yaml")


@pytest.mark.parametrize("base", [LOCAL, BUILTIN], ids=["folder", "builtin"])
def test_nothing_is_wrong_with_what_the_rows_start_from(base: Change) -> None:
    assert told(base) <= {
        ("pool-capped", "memory.max_total_tokens"),
        ("reaches-outside", "model.trust_remote_code"),
    }


def test_the_switch_of_the_cpu_platform_follows_from_the_target() -> None:
    """Without it: `No module named 'triton'`, after the installation and a launch."""
    text = TINY.read_text(encoding="utf-8")
    assert SWITCH not in text
    loaded, found = load_checked(text, "p.yaml")

    assert loaded.profile is not None
    variables = {v.name: (v.value, v.source) for v in compile_profile(loaded.profile).environment}
    assert variables[SWITCH] == ("1", "target")
    assert not [finding for finding in found if finding.check == "local-cannot-start"]


def test_on_modal_nothing_turns_the_cpu_platform_on() -> None:
    text = shipped("b200-no-spec")
    profile = load_profile(text, "p.yaml").profile

    assert profile is not None
    assert SWITCH not in {variable.name for variable in compile_profile(profile).environment}


def test_every_release_that_may_be_named_can_be_installed() -> None:
    assert list(ENGINES) == list(RELEASES)
    assert all(lock.is_file() for lock in ENGINES.values())


CANNOT: list[tuple[Change, Change, str, str, str]] = [
    (LOCAL, {"hardware": {"gpu": "H200", "count": 1}}, "local-cannot-start", "hardware.gpu", "CPU"),
    (LOCAL, {"engine": {"version": "0.5.20"}}, "local-cannot-start", "engine.version", "0.5.23"),
    (
        LOCAL,
        {"engine": {"env": {SWITCH: "0"}}},
        "local-cannot-start",
        f"engine.env.{SWITCH}",
        "looks for a GPU's modules",
    ),
    (
        LOCAL,
        {"engine": {"env": {"PATH": "/usr/bin"}}},
        "local-cannot-start",
        "engine.env.PATH",
        "python3",
    ),
    (
        BUILTIN,
        {"model": {"repo": "zai-org/GLM-5.1"}},
        "builtin-model-contradicts",
        "model.repo",
        "the only one is `tiny`",
    ),
    (
        BUILTIN,
        {"model": {"path": "/models/x"}},
        "builtin-model-contradicts",
        "model.path",
        "would be loaded",
    ),
    *(
        (base, {"engine": {"args": {name: value}}}, "never-ready", f"engine.args.{name}", why)
        for base in (LOCAL, GLM)
        for name, value, why in (
            ("ssl-certfile", "/certs/a.pem", "plain HTTP"),
            ("nnodes", 2, "one node"),
            ("disaggregation-mode", "prefill", "a part of a server"),
            ("is-embedding", True, "chat"),
            ("skip-tokenizer-init", True, "tokenizer"),
        )
    ),
]


@pytest.mark.parametrize(("base", "change", "check", "path", "why"), CANNOT)
def test_what_cannot_start_is_said(
    base: Change, change: Change, check: str, path: str, why: str
) -> None:
    found = [one for one in findings(changed(change, base)) if one.check == check]

    assert [one.path for one in found] == [path]
    assert why in found[0].message
    assert found[0].hint


CAN: list[tuple[Change, Change]] = [
    (LOCAL, {"engine": {"env": {SWITCH: "1"}}}),
    (LOCAL, {"engine": {"args": {"nnodes": 1, "disaggregation-mode": "null"}}}),
    (GLM, {"engine": {"args": {"is-embedding": True}}, "lifecycle": {"warmup": []}}),
    (GLM, {"engine": {"env": {"PATH": "/usr/bin"}}}),
]


@pytest.mark.parametrize(("base", "change"), CAN)
def test_what_can_start_is_not_called_otherwise(base: Change, change: Change) -> None:
    speaking = {one.check for one in findings(changed(change, base))}

    assert not speaking & {"local-cannot-start", "builtin-model-contradicts", "never-ready"}


OPEN: Change = changed({"serving": {"host": None, "api_key_env": ...}}, LOCAL)


def test_a_server_without_a_key_on_the_network_of_a_laptop_is_said() -> None:
    found = [one for one in findings(OPEN) if one.check == "public-without-key"]

    assert [one.path for one in found] == ["serving.api_key_env"]
    assert "every machine of the network" in found[0].message
    assert "host: 127.0.0.1" in found[0].hint


@pytest.mark.parametrize("serving", [{"host": "127.0.0.1"}, {"api_key_env": "API_KEY"}])
def test_with_a_key_or_on_the_loopback_it_is_not(serving: dict[str, str]) -> None:
    assert not {one.check for one in findings(changed({"serving": serving}, OPEN))} & {
        "public-without-key"
    }


def test_every_address_of_ipv6_is_reached_over_ipv4_on_this_machine() -> None:
    here = told(changed({"serving": {"host": "::"}}, LOCAL))
    there = told(changed({"serving": {"host": "::"}}))
    assert ("host-out-of-reach", "serving.host") not in here
    assert ("host-out-of-reach", "serving.host") in there
