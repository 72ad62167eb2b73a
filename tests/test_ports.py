"""The law of the tests' ports: nobody is given what another has."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ports
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[1]


def test_a_port_is_given_once() -> None:
    given = [free_port() for _ in range(ports.KEPT)]

    assert len(set(given)) == len(given)
    assert all(ports.FIRST <= each < ports.ABOVE for each in given)


def test_what_listens_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = free_port()
    with socket.create_server(("127.0.0.1", taken)):
        monkeypatch.setattr(ports, "_next", iter([taken - ports.FIRST, taken - ports.FIRST + 1]))
        monkeypatch.setattr(ports, "_claim", lambda _: None)
        assert free_port() == taken + 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that end with a process")
def test_another_process_is_not_given_the_same() -> None:
    mine = free_port()
    ask = (
        "import itertools; from tests import ports; "
        f"ports._next = itertools.count({mine - ports.FIRST}); print(ports.free_port())"
    )
    said = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(said.stdout) > mine
