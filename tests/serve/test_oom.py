"""Who sent SIGKILL: what the kernel's counts and its log tell, and what could not be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.diagnose.reader import Reader
from deployer.serve.oom import WORDS, OomWatch

WHO = "sglang::scheduler (process 77) has ended: killed by SIGKILL (9)"
FIRST = "31 23 0:28 / /sys rw - sysfs sysfs rw\n"


class Machine:
    """What Linux shows of itself, as files of a test."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.group, self.log = folder / "proc", folder / "group", folder / "kmsg"
        for each in (self.proc / "self", self.group):
            each.mkdir(parents=True)
        (self.proc / "vmstat").write_text("nr_free_pages 1\noom_kill 5\n")
        self.log.write_text("6,1,9,-;Out of memory: Killed process 77 (of long ago)\n")

    def version_2(self, path: str = "/pod/engine", root: str = "/pod") -> None:
        (self.proc / "self/cgroup").write_text(f"0::{path}\n")
        mount = f"32 31 0:29 {root} {self.group} ro,nosuid shared:9 - cgroup2 cgroup rw\n"
        (self.proc / "self/mountinfo").write_text(FIRST + mount)
        self.counts = self.group / path.removeprefix(root).strip("/") / "memory.events"
        self.counts.parent.mkdir(exist_ok=True)
        self.counts.write_text("low 0\nmax 3\noom 0\noom_kill 2\noom_group_kill 0\n")

    def version_1(self) -> None:
        """As Docker shows it: the host's path, of which only the container's own part is there."""
        (self.proc / "self/cgroup").write_text(
            "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n0::/\n"
        )
        mounts = "".join(
            f"32 31 0:29 /docker/x {self.group}{extra} rw - cgroup cgroup rw,{which}\n"
            for which, extra in (("cpu", "/cpu"), ("memory", ""))
        )
        (self.proc / "self/mountinfo").write_text(FIRST + mounts)
        self.counts = self.group / "memory.oom_control"
        self.counts.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")

    def watch(self) -> OomWatch:
        return OomWatch(self.proc, self.log)

    def rise(self, path: Path) -> None:
        lines = (line.split() for line in path.read_text().splitlines())
        told = (f"{key} {int(n) + (key == 'oom_kill')}\n" for key, n in lines)
        path.write_text("".join(told))

    def write(self, text: str) -> None:
        with self.log.open("a") as log:
            log.write(f"3,9,99,-;{text}\n SUBSYSTEM=x\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def diagnosed(line: str) -> str:
    """What the diagnosis of a log that holds the line is."""
    reader = Reader()
    reader.feed(f"[2026-11-29 09:03:45] a line of the engine's\n{line}\n".encode())
    found = reader.diagnosis(ended=True)
    assert found is not None
    return found.name


@pytest.mark.parametrize("version", ["version_1", "version_2"])
def test_a_count_of_its_own_group_that_rose_is_the_kernel(machine: Machine, version: str) -> None:
    getattr(machine, version)()
    watch = machine.watch()
    quiet = watch.line(WHO, 77)
    assert quiet == (
        f"[deployer] killed by SIGKILL, {WORDS['somebody']}: {WHO}; its control group "
        f"({machine.counts}) oom_kill 2, 2 at the launch; the machine ({machine.proc}/vmstat) "
        "oom_kill 5, 5 at the launch; the kernel's log names none"
    )
    assert diagnosed(quiet) == "killed-by-somebody"
    machine.rise(machine.counts)
    machine.write("Memory cgroup out of memory: Killed process 9120 (sglang::schedul) total-vm:1kB")
    told = watch.line(WHO, 77)
    assert told.startswith(f"[deployer] killed by SIGKILL, {WORDS['kernel']}: {WHO}; ")
    assert "oom_kill 3, 2 at the launch" in told
    assert "the kernel's log says: Memory cgroup out of memory: Killed process 9120" in told
    assert diagnosed(told) == "killed-by-the-kernel"
    watch.close()


def test_the_machine_may_have_killed_another(machine: Machine) -> None:
    """A count of all of the machine rises for others, too, unless our own group has one."""
    (machine.proc / "self/cgroup").write_text("0::/\n")
    (machine.proc / "self/mountinfo").write_text(FIRST)
    watch = machine.watch()
    assert f", {WORDS['somebody']}: " in watch.line(WHO, 77)
    machine.rise(machine.proc / "vmstat")
    told = watch.line(WHO, 77)
    assert f", {WORDS['perhaps']}: " in told
    assert "not looked at (no control group for memory is to be seen)" in told
    assert diagnosed(told) == "killed-from-outside"
    machine.write("Out of memory: Killed process 77 (python3) total-vm:1kB")
    assert f", {WORDS['kernel']}: " in watch.line(WHO, 77)
    watch.close()
    machine.version_2()
    watch = machine.watch()
    machine.rise(machine.proc / "vmstat")
    assert f", {WORDS['somebody']}: " in watch.line(WHO, 77)
    watch.close()


def test_what_could_not_be_looked_at_is_said(tmp_path: Path) -> None:
    watch = OomWatch(tmp_path / "none", tmp_path / "no-log")
    told = watch.line(WHO, 77)
    assert f", {WORDS['unseen']}: " in told
    assert told.count("not looked at (") == 3
    assert "the kernel's log not looked at (No such file or directory)" in told
    assert diagnosed(told) == "killed-from-outside"
    watch.close()


def test_an_exception_that_nobody_knows_is_no_cause_of_a_signal() -> None:
    reader = Reader()
    reader.feed(
        b"[2026-11-29 09:03:45] one\nTraceback (most recent call last):\n"
        b'  File "/x/y.py", line 3, in poll\n    f()\nKeyError: "not there"\n'
        b"[2026-11-29 09:03:46] it went on\n"
    )
    before = reader.diagnosis(ended=True)
    assert before is not None
    assert before.said.startswith("KeyError")
    reader.feed(f"[deployer] killed by SIGKILL, {WORDS['somebody']}: {WHO}; x\n".encode())
    after = reader.diagnosis(ended=True)
    assert after is not None
    assert after.name == "killed-by-somebody"
