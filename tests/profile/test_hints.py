"""A hint that names a value names one that the field takes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from deployer.profile.fields import section_types
from deployer.profile.load import load_profile

BASE: dict[str, Any] = {
    "name": "x",
    "model": {"repo": "a/b", "served_name": "b"},
    "hardware": {"gpu": "B200", "count": 8},
    "engine": {"version": "0.5.23"},
    "speculative": {"algorithm": "EAGLE"},
    "modal": {
        "app": "a",
        "weights": {"volume": "w", "path": "/w"},
        "kernel_cache": {"volume": "k", "path": "/k"},
    },
}
WRONG = ["85%", "150%", "30s", "64k", "16x", "'8'", "'0.5'", "'-3'", "8.0", "1", "0", "true", "12"]
NAMED = re.compile(
    r"(?:write|remove the quotes|put it in quotes|unit|fraction): `([^`]*)`|^write `([^`]*)`$"
)
FIELDS = [
    (section, name)
    for section, kind in section_types()
    for name, field in kind.model_fields.items()
    if not any(part in str(field.annotation) for part in ("Volume", "Download"))
]


def found(section: str, name: str, written: str) -> list[tuple[str, str]]:
    return told({(section, name): written})[section, name]


def told(written: dict[tuple[str, str], str]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Give what is said of each field, all of them written into one profile."""
    value = dict(BASE)
    for number, (section, name) in enumerate(written):
        value[section] = {**value.get(section, {}), name: f"HERE{number}."}
    text = yaml.safe_dump(value)
    for number, wrong in enumerate(written.values()):
        text = text.replace(f"HERE{number}.", wrong)
    said: dict[tuple[str, str], list[tuple[str, str]]] = {field: [] for field in written}
    for one in load_profile(text, "p.yaml").findings:
        field = tuple(one.path.partition("[")[0].split(".")[:2])
        if field in said:
            said[field[0], field[1]].append((one.check, one.hint))
    return said


@pytest.mark.parametrize("written", WRONG)
def test_what_a_hint_says_to_write_is_taken(written: str) -> None:
    named = {
        field: match[1] or match[2]
        for field, findings in told(dict.fromkeys(FIELDS, written)).items()
        for check, hint in findings
        if check == "wrong-type" and (match := NAMED.search(hint))
    }
    refused = {field: findings for field, findings in told(named).items() if findings}

    assert FIELDS
    assert refused == {}, {field: named[field] for field in refused}


def test_some_hints_name_what_to_write() -> None:
    said = [told(dict.fromkeys(FIELDS, written)) for written in ("85%", "'8'", "30s")]

    assert all(
        any(NAMED.search(hint) for field in FIELDS for _, hint in one[field]) for one in said
    )


def test_a_percentage_is_a_fraction_where_a_fraction_is_taken() -> None:
    assert found("memory", "mem_fraction_static", "85%") == [
        ("wrong-type", "write the fraction: `0.85`")
    ]
    assert "85" not in found("lifecycle", "startup_timeout", "85%")[0][1]


def test_a_unit_that_means_another_number_names_none() -> None:
    assert "`64`" not in found("memory", "max_total_tokens", "64k")[0][1]
    assert "`30`" in found("lifecycle", "startup_timeout", "30s")[0][1]


def test_what_another_engine_calls_a_value_is_known_before_likeness_is_asked() -> None:
    assert found("memory", "kv_cache_dtype", "fp8") == [
        ("not-a-choice", "write `fp8_e4m3`, which vLLM calls `fp8`")
    ]
    assert found("serving", "tool_call_parser", "deepseek_v31")[0][1].startswith(
        "write `deepseekv31`"
    )
    assert found("serving", "reasoning_parser", "glm47")[0][1].startswith("write `glm45`")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("exit_grace_period", "Modal's `exit_grace_period` is `lifecycle.drain_timeout` here"),
        ("compute_region", "Modal's `compute_region` is `modal.regions` here"),
        ("requires_proxy_auth", "Modal's `requires_proxy_auth` is `modal.auth` here"),
        ("block_network", "write Modal's `block_network` under `modal.options`"),
        ("single_use_containers", "it would start the engine anew for each request"),
    ],
)
def test_modals_own_names_are_told(key: str, hint: str) -> None:
    text = f"name: x\nmodal:\n  app: x\n  {key}: 1\n"
    found = [one for one in load_profile(text, "x.yaml").findings if one.path == f"modal.{key}"]
    assert [one.check for one in found] == ["unknown-key"]
    assert hint in found[0].hint
