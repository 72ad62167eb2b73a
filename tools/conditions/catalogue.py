"""Every condition, in the order in which they are run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from tools.conditions.condition import ROOT, Condition, Impossible, Start
from tools.conditions.interpreters import VERSIONS, environment, find
from tools.conditions.stranger import stranger

BECOME = (sys.executable, "-I", "-S", str(Path(__file__).with_name("become.py")))
SLOW = Path(__file__).with_name("slow")
TOLD = Path(__file__).with_name("told")
AT_ONCE, NEVER = 0.05, 1e8
"""Seconds after which is told what is told now and then: as good as none, and three years."""

ENVIRONMENTS = ROOT / "build" / "conditions"
PORT = 8000
"""Where the shipped profiles listen."""


@contextmanager
def _one_core() -> Iterator[Start]:
    first = min(os.sched_getaffinity(0))
    yield Start(before=(*BECOME, f"cpu={first}", "--"))


@contextmanager
def _busy() -> Iterator[Start]:
    """Each core has something else to do."""
    words = [sys.executable, "-I", "-S", "-c", "while True: pass"]
    others = [subprocess.Popen(words) for _ in os.sched_getaffinity(0)]
    try:
        yield Start()
    finally:
        for each in others:
            each.kill()
            each.wait()


@contextmanager
def _python(version: str) -> Iterator[Start]:
    found = find(version)
    ours = version == f"3.{sys.version_info[1]}"
    yield Start(python=sys.executable if ours else environment(version, found, ENVIRONMENTS))


@contextmanager
def _c_locale() -> Iterator[Start]:
    yield Start(variables={"LC_ALL": "C"}, without=frozenset({"PYTHONUTF8", "PYTHONIOENCODING"}))


@contextmanager
def _network(*changes: str) -> Iterator[Start]:
    """A network namespace, in which there is the loopback alone."""
    unshare = shutil.which("unshare")
    if unshare is None:
        msg = "there is no `unshare`"
        raise Impossible(msg)
    user = () if os.geteuid() == 0 else ("--map-root-user",)
    before = (unshare, *user, "--net", *BECOME, "loopback", *changes, "--")
    tried = subprocess.run([*before, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        last = (tried.stderr.strip().splitlines() or ["no reason given"])[-1]
        msg = f"no such network namespace can be made: {last}"
        raise Impossible(msg)
    yield Start(before=before)


@contextmanager
def _port_taken() -> Iterator[Start]:
    with ExitStack() as held:
        for host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - taken on every interface
            taken = held.enter_context(socket.socket())
            with suppress(OSError):  # somebody has it already, which is as good
                taken.bind((host, PORT))
                taken.listen()
        yield Start()


@contextmanager
def _no_home() -> Iterator[Start]:
    """A user who owns nothing, whose home is there and cannot be written."""
    with (
        tempfile.TemporaryDirectory(prefix="deployer-stranger-") as made,
        stranger(Path(made)) as start,
    ):
        yield start


@contextmanager
def _customized(folder: Path, **variables: str) -> Iterator[Start]:
    """The `sitecustomize` of a folder in this Python and in its children."""
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    yield Start(variables={"PYTHONPATH": os.pathsep.join(paths), **variables})


@contextmanager
def _random_order() -> Iterator[Start]:
    yield Start(plugins=("tools.conditions.shuffled",))


@contextmanager
def _ignored_signals() -> Iterator[Start]:
    numbers = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
    yield Start(before=(*BECOME, *(f"ignore={each.name}" for each in numbers), "--"))


CONDITIONS = (
    Condition("one-core", "all on one core", _one_core),
    Condition("busy", "every core is busy with something else", _busy),
    Condition("c-locale", "LC_ALL=C", _c_locale),
    Condition("no-network", "the loopback alone: no eth0, no name is found", _network),
    Condition("no-ipv6", "the loopback alone, and no IPv6", partial(_network, "no-ipv6")),
    Condition("port-taken", f"port {PORT} is taken", _port_taken),
    Condition("no-home", "a user whose home cannot be written", _no_home),
    Condition("slow-writes", "every write and flush is slow", partial(_customized, SLOW)),
    Condition(
        "told-at-once",
        "what is told after some seconds is told at once",
        partial(_customized, TOLD, DEPLOYER_TOLD=str(AT_ONCE)),
    ),
    Condition(
        "told-never",
        "what is told after some seconds is never told",
        partial(_customized, TOLD, DEPLOYER_TOLD=str(NEVER)),
    ),
    Condition("random-order", "tests in random order", _random_order),
    Condition("ignored-signals", "SIGINT, SIGHUP, SIGQUIT are ignored", _ignored_signals),
    *(Condition(f"python{each}", f"on Python {each}", partial(_python, each)) for each in VERSIONS),
)
