"""A profile with which nothing is wrong, and changes of it: what the tests of checks start from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deployer.check.catalogue import RULES
from deployer.check.rule import Rule
from deployer.check.run import check
from deployer.compile.case import Case
from deployer.finding import Finding, Severity
from deployer.profile.load import load_profile
from tests.dumped import dumped

Change = dict[str, Any]

GLM: Change = {
    "name": "sane",
    "target": "modal",
    "model": {
        "repo": "zai-org/GLM-5.1-FP8",
        "revision": "f396cf805182f4ca10fa675e1a99815b3ca384db",
        "served_name": "glm-5.1",
        "trust_remote_code": True,
    },
    "hardware": {"gpu": "H200", "count": 8},
    "engine": {
        "version": "0.5.10.post1",
        "image": f"lmsysorg/sglang:v0.5.10.post1-cu130@sha256:{'0' * 64}",
    },
    "kernels": {"attention": "nsa"},
    "memory": {"kv_cache_dtype": "bfloat16", "mem_fraction_static": 0.85},
    "schedule": {"max_running_requests": 48},
    "serving": {"reasoning_parser": "glm45", "tool_call_parser": "glm47"},
    "modal": {
        "app": "glm",
        "auth": "both",
        "weights": {"volume": "weights", "path": "/model-cache"},
        "kernel_cache": {"volume": "kernels", "path": "/dg-cache"},
        "api_key_secret": "key",
        "hub_secret": "hub",
    },
    "lifecycle": {"startup_timeout": 3600},
}
"""GLM-5.1 on 8 H200, whose size, shapes and GPU are known here, so that every check can look."""


def changed(change: Change, base: Change = GLM) -> Change:
    """Merge a change section by section; None takes a section or a key out.

    A null that a profile itself may have is written as ``...``.
    """
    result = dict(base)
    for name, value in change.items():
        kept = result.get(name)
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(kept, dict):
            result[name] = changed(value, kept)
        else:
            result[name] = None if value is ... else value
    return result


def findings(profile: Change, rules: Iterable[Rule] = RULES) -> list[Finding]:
    """Give all that loader and checks find in a profile."""
    loaded = load_profile(dumped(profile), "p.yaml")
    if loaded.profile is None:
        return list(loaded.findings)
    return [*loaded.findings, *check(Case(loaded.profile), loaded.source, rules)]


def told(profile: Change) -> set[tuple[str, str]]:
    """Give the checks that find something, each with its key."""
    return {(one.check, one.path) for one in findings(profile)}


def wrong(profile: Change) -> list[str]:
    """Give what stops a command under ``--strict``, as lines for a failed test."""
    return [
        f"{one.check} at {one.path}: {one.message}"
        for one in findings(profile)
        if one.severity is not Severity.NOTE
    ]
