"""Who belongs to the engine, which of them it cannot live without, who holds its port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from deployer.errors import Failure
from deployer.release import Listen
from deployer.serve import port as port_room
from deployer.serve.bell import Bell
from deployer.serve.drain import kill_family
from deployer.serve.launch import EngineProcess
from deployer.serve.listener import check_free, open_listener
from deployer.serve.port import Answers, can_tell, name_listener, who_answers
from deployer.serve.processes import Family, read_process, spell_exit, title
from deployer.serve.watch import Watcher, vital_children
from tests.processes import has_ended

from .living import children_of, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

PARENT = """
import subprocess, sys, time
how = {"executable": sys.executable}
for title in sys.argv[1:]:
    subprocess.Popen([title, "-I", "-S", "-c", "import time; time.sleep(600)"], **how)
subprocess.Popen(
    ["daemon", "-I", "-S", "-c", "import time; time.sleep(600)"], start_new_session=True, **how
)
print("up", flush=True)
time.sleep(600)
"""


@contextmanager
def parent(*titles: str) -> Iterator[tuple[subprocess.Popen[bytes], Family]]:
    words = [sys.executable, "-I", "-S", "-c", PARENT, *titles]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    family = Family(process.pid)
    wait_for(lambda: len(family.refresh()) == len(titles) + 2)
    wait_for(
        lambda: all(
            "python" not in title(p) for p in family.refresh().values() if p.pid != process.pid
        )
    )
    yield process, family
    assert kill_family(family)[1] == ()
    process.communicate()


def test_sglangs_own_children_are_vital() -> None:
    with parent("sglang::scheduler_TP0", "sglang::detokenizer", "helper") as (_, family):
        names = {name.split()[0] for name in vital_children(family).values()}
        assert names == {"sglang::scheduler_TP0", "sglang::detokenizer"}


def test_else_all_direct_children_are_but_the_tracker() -> None:
    tracker = "from multiprocessing.resource_tracker import main"
    with parent("worker", tracker) as (_, family):
        names = {name.split()[0] for name in vital_children(family).values()}
        assert names == {"worker", "daemon"}


def test_orphans_that_left_the_session_are_still_family() -> None:
    with parent("worker") as (process, family):
        everyone = set(family.refresh())
        process.kill()
        process.wait()
        left = set(family.refresh())
        assert left == everyone - {process.pid}
        assert len(left) == 2
    assert not family.refresh()


def test_one_that_was_never_seen_while_its_parent_lived_is_killed_all_the_same() -> None:
    started = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-I', '-S', '-c',"
    daemon = "'import time; time.sleep(600)'], start_new_session=True, stdout=-3, stderr=-3).pid)"
    process = EngineProcess(
        [sys.executable, "-I", "-S", "-c", f"{started} {daemon}"], os.environ, lambda: None
    )
    family = Family(process.pid, process.mark)
    with os.fdopen(os.dup(process.output)) as output:
        stray = int(output.read())
    wait_for(lambda: process.returncode == 0)
    process.close()

    assert stray not in family.refresh()  # no number leads from it to us
    assert kill_family(family) == (1, ())
    assert has_ended(stray)


def test_a_stranger_with_an_old_number_is_no_family() -> None:
    family = Family(os.getpid())
    mine = read_process(os.getpid())
    assert mine is not None
    family._first = None
    object.__setattr__(mine, "started", 1)
    family._first = mine
    assert os.getpid() not in family.refresh()


@pytest.mark.parametrize("blind", [False, True])
def test_a_death_rings_the_bell(monkeypatch: pytest.MonkeyPatch, *, blind: bool) -> None:
    if blind:
        monkeypatch.delattr(os, "pidfd_open")
    bell = Bell()
    with parent("sglang::scheduler") as (process, family), bell.listen() as ear:
        watcher = Watcher(family, bell)
        watcher.settle()
        assert watcher.lost == ""
        (victim,) = (p for p in children_of(process.pid) if p in {q.pid for q in watcher.watched})
        os.kill(victim, signal.SIGTERM)
        ear.wait(250)
        assert watcher.lost.endswith("has ended: killed by SIGTERM (15)")
        watcher.close()


def test_a_child_that_dies_while_the_engine_grows_is_told_too() -> None:
    bell = Bell()
    with parent("sglang::scheduler") as (_, family), bell.listen() as ear:
        watcher = Watcher(family, bell)
        (victim,) = wait_for(lambda: [each.pid for each in watcher.watched])
        os.kill(victim, signal.SIGKILL)
        ear.wait(250)
        assert watcher.lost.endswith("has ended: killed by SIGKILL (9)")
        watcher.close()


def test_a_watch_ends_without_a_death() -> None:
    with parent("sglang::scheduler") as (_, family):
        watcher = Watcher(family, Bell())
        watcher.close()
        assert watcher.lost == ""


def test_exits_are_spelled() -> None:
    assert spell_exit(3) == "exit code 3"
    assert spell_exit(-9) == "killed by SIGKILL (9)"
    assert spell_exit(-99) == "killed by signal 99"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::"])  # noqa: S104
def test_the_owner_of_a_port_is_known(host: str) -> None:
    assert can_tell()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = socket.create_server((host, 0), family=family, dualstack_ipv6=":" in host)
    except (OSError, ValueError):
        pytest.skip("no IPv6 here")
    with server:
        number = server.getsockname()[1]
        assert who_answers(number, [os.getpid()]) is Answers.OURS
        with subprocess.Popen(["/bin/sleep", "600"]) as other:
            assert who_answers(number, [other.pid]) is Answers.STRANGER
            other.kill()
        assert name_listener(number).startswith(f"process {os.getpid()} (")
        with pytest.raises(Failure, match=f"port {number} of {host} is taken by process"):
            check_free(Listen(host, number, ""))
    assert who_answers(number, [os.getpid()]) is Answers.NOBODY
    check_free(Listen(host, number, ""))


def test_another_address_is_not_in_the_way() -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        assert who_answers(server.getsockname()[1], [1]) is Answers.NOBODY


def test_an_address_that_is_not_ours_cannot_be_listened_on() -> None:
    with pytest.raises(Failure, match=r"cannot listen on port 1234 of 192\.0\.2\.1"):
        check_free(Listen("192.0.2.1", 1234, ""))


def test_without_proc_nobody_can_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(port_room, "PROC", tmp_path)
    assert who_answers(80, [1]) is Answers.UNKNOWN
    assert not can_tell.__wrapped__()


def test_every_address_of_ipv6_is_every_address_of_ipv4_as_well() -> None:
    """`::` as well as 0.0.0.0: whatever the kernel's `bindv6only` says."""
    try:
        listener = open_listener(Listen("::", 0, ""))
    except Failure:
        pytest.skip("no IPv6 here")
    with listener:
        assert listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 0
        for address in ("127.0.0.1", "::1"):
            with socket.create_connection((address, listener.getsockname()[1]), timeout=60) as one:
                taken, _ = listener.accept()
                taken.close()
                assert one.recv(1) == b""
