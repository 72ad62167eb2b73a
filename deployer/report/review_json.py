"""A review as JSON, for programs."""

from __future__ import annotations

from typing import Any

from deployer.codec import encode
from deployer.plan.changes import Change
from deployer.plan.diff import Capacity, Diff
from deployer.plan.review import Review, Reviewed
from deployer.report.envelope import envelope


def to_json(review: Review) -> str:
    """Write everything that the other forms say."""
    value = {
        "changed": review.changed,
        "compared": len(review.profiles),
        "against": None if review.against is None else encode(review.against),
        "found": review.how,
        "remarks": list(review.remarks),
        "profiles": [_profile(one) for one in review.profiles],
    }
    return envelope(value)


def diff_value(diff: Diff) -> dict[str, Any]:
    """Give all that a diff says, as JSON has it."""
    old, new = diff.versions
    return {
        "engine": {"old": old, "new": new},
        "effects": [str(effect) for effect in diff.effects],
        "changes": [
            {
                **_change(explained.change),
                "help": explained.help,
                "default": explained.default,
                "consequences": encode(explained.consequences),
            }
            for explained in diff.changes
        ],
        "changed_defaults": encode(diff.defaults),
        "capacity": None if diff.capacity is None else _capacity(diff.capacity),
    }


def _change(change: Change) -> dict[str, Any]:
    """Write a change; where its key is, and of which shape, only where there is need of it."""
    return {k: value for k, value in encode(change).items() if k not in {"at", "shape"} or value}


def _profile(one: Reviewed) -> dict[str, Any]:
    old, new = one.sides
    return {
        "status": one.status,
        "file": one.file,
        "old_file": one.old_file or None,
        "old": old or None,
        "new": new or None,
        "name": one.name,
        "note": one.note,
        "problems": list(one.problems),
        "allowed": list(one.allowed),
        "locked": list(one.locked),
        "evidence": list(one.evidence),
        "clashes": list(one.clashes),
        "facts": dict(one.facts),
        "contents": [_change(each) for each in one.contents],
        "security": [{**_change(change), "reason": why} for change, why, _ in one.powers],
        **(diff_value(one.diff) if one.diff else {}),
    }


def _capacity(capacity: Capacity) -> dict[str, Any]:
    """Write the pools of a server: ``tokens`` are all of them, and those of a rank stand beside."""
    sides = {"old": capacity.old, "new": capacity.new}
    value = encode(capacity)
    for name in ("shape", "others"):
        if not value[name]:
            del value[name]
    if capacity.others:
        value["others"] = [_capacity(each) for each in capacity.others]
    return {
        **value,
        **{
            name: one
            and {
                **encode(one.pool),
                "tokens": one.tokens,
                "tokens_per_rank": one.pool.tokens,
                "data_parallel_ranks": one.ranks,
            }
            for name, one in sides.items()
        },
    }
