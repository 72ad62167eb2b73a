"""Each failure that is known is told by its own signature, among eight ranks and a flood."""

from __future__ import annotations

import re

import pytest

from deployer.diagnose.catalogue import SIGNATURES
from deployer.diagnose.diagnosis import Diagnosis
from deployer.diagnose.reader import Reader
from deployer.diagnose.signature import GROUP, Signature
from deployer.profile.schema import profile_schema

from .excerpts import AT, EXCERPTS, SIGQUIT, hit

NAMES = [signature.name for signature in SIGNATURES]

OTHERS = "".join(
    hit(
        "torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:3690, remote "
        "process exited or there was a network error, ncclRemoteError",
        "distributed/parallel_state.py:702 all_reduce",
        rank=f"TP{rank}",
    )
    + SIGQUIT
    for rank in range(4, 8)
)
"""What the other ranks say when one has gone."""

FLOOD = f'[{AT}] INFO:     127.0.0.1:59332 - "GET /health HTTP/1.1" 503 Service Unavailable\n' * 200


def read(text: str) -> Diagnosis | None:
    reader_ = Reader()
    reader_.feed(text.encode())
    reader_.finish()
    return reader_.diagnosis()


@pytest.mark.parametrize("name", NAMES)
def test_a_failure_is_known_whatever_follows(name: str) -> None:
    alone = read(EXCERPTS[name])
    among = read(EXCERPTS[name] + OTHERS + FLOOD)

    assert alone is not None
    assert alone.name == name
    assert alone.proven
    assert alone.cause
    assert "{" not in alone.cause
    assert among is not None
    assert (among.name, among.said, among.rank) == (alone.name, alone.said, alone.rank)


@pytest.mark.parametrize("signature", SIGNATURES, ids=NAMES)
def test_a_text_names_only_what_a_pattern_finds(signature: Signature) -> None:
    patterns = [pattern for pattern in (signature.said, signature.line) if pattern]
    groups = {group for pattern in patterns for group in pattern.groupindex}
    texts = [signature.cause, *(write.what for write in signature.writes)]

    assert patterns
    assert {group for text in texts for group in GROUP.findall(text)} <= groups


def test_there_is_a_log_for_each_and_no_name_twice() -> None:
    assert sorted(NAMES) == sorted(EXCERPTS)
    assert len(set(NAMES)) == len(NAMES) >= 40


def test_each_says_what_to_write_in_a_key_that_profiles_have() -> None:
    keys = set(_keys(profile_schema()))
    written = {write.key for signature in SIGNATURES for write in signature.writes if write.key}

    assert "memory.mem_fraction_static" in written
    assert written - keys == set()
    assert all(signature.writes for signature in SIGNATURES)


def test_each_is_known_from_a_public_place() -> None:
    form = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/(?:issues|pull)/\d+")

    assert [s.name for s in SIGNATURES if not form.fullmatch(s.link)] == []


def _keys(document: dict[str, object]) -> list[str]:
    definitions = document["$defs"]
    assert isinstance(definitions, dict)
    return list(_below(document, "", definitions))


def _below(node: object, above: str, definitions: dict[str, object]) -> list[str]:
    if not isinstance(node, dict):
        return []
    found: list[str] = []
    for part in (node, *node.get("anyOf", ())):
        if reference := part.get("$ref"):
            found += _below(definitions[reference.rpartition("/")[2]], above, definitions)
        for key, value in part.get("properties", {}).items():
            path = f"{above}.{key}" if above else key
            found += [path, *_below(value, path, definitions)]
    return found
