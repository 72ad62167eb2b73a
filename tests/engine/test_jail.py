"""The jail of a resolution: what a hostile program within it gets at. Real processes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployer.engine.jail import FULL, NOTHING, Jail, _private, find_jail
from deployer.engine.model_config import ModelConfig
from deployer.engine.overlay import Interpreter
from deployer.engine.resolve import ask
from deployer.release import Variable

from .releases import release

pytestmark = pytest.mark.process

HOSTILE = """
import json, os, pathlib, socket, sys
home, port, elsewhere = sys.argv[1], int(sys.argv[2]), sys.argv[3]
found = {"environ": dict(os.environ)}
def tried(name, act):
    try:
        found[name] = act()
    except OSError as error:
        found[name] = f"refused: {error.strerror}"
tried("secret", lambda: pathlib.Path(home, "secret").read_text())
tried("write", lambda: pathlib.Path(elsewhere, "written").write_text("x"))
tried("connect", lambda: str(socket.create_connection(("127.0.0.1", port), 5)))
tried("again", lambda: os.system("mount -o remount,rw / 2>/dev/null"))
pathlib.Path("answer.json").write_text(json.dumps(found))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    found = tmp_path / "home"
    found.mkdir()
    (found / "secret").write_text("canary")
    return found


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """Give a folder that is neither hidden nor the jail's own."""
    found = Path(tempfile.mkdtemp(prefix="deployer-elsewhere-", dir="/var/tmp"))
    yield found
    shutil.rmtree(found)


def attacked(jail: Jail, folder: Path, home: Path, port: int, elsewhere: Path) -> dict[str, Any]:
    (folder / "hostile.py").write_text(HOSTILE)
    python = Path(sys.executable).resolve()
    command = [str(python), "-S", str(folder / "hostile.py"), str(home), str(port), str(elsewhere)]
    words = jail.wrapped(command, folder, [python.parents[1]])
    done = subprocess.run(words, cwd=folder, env={"PATH": os.environ["PATH"]}, check=False)
    assert done.returncode == 0
    return dict(json.loads((folder / "answer.json").read_text()))


def test_a_full_jail_keeps_a_hostile_program_to_itself(
    tmp_path: Path, home: Path, port: int, elsewhere: Path
) -> None:
    jail = find_jail({**os.environ, "HOME": str(home)})
    if jail.kind != "full":
        pytest.skip(f"this system has no better jail than `{jail.kind}`")
    folder = tmp_path / "own"
    folder.mkdir()

    found = attacked(jail, folder, home, port, elsewhere)

    assert jail.says == FULL
    assert found["secret"].startswith("refused: No such file")
    assert found["write"] == "refused: Read-only file system"
    assert found["connect"].startswith("refused")
    assert not list(elsewhere.iterdir())
    assert (home / "secret").read_text() == "canary"
    assert found["again"] != 0


OUTSIDE = """
import json, os, pathlib, signal, socket, sys
def tried(act):
    try:
        return act()
    except OSError as error:
        return f"refused: {error.strerror}"
found = {
    "signal": tried(lambda: os.kill(int(sys.argv[1]), signal.SIGKILL)),
    "socket": tried(lambda: socket.socket(socket.AF_UNIX).connect(sys.argv[2])),
}
pathlib.Path("answer.json").write_text(json.dumps(found))
"""


@pytest.mark.parametrize("jailed", [True, False])
def test_a_full_jail_reaches_no_process_and_no_service(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, *, jailed: bool
) -> None:
    """Without a jail the same program gets at both."""
    monkeypatch.setattr("deployer.engine.jail._SOCKETS", str(elsewhere))
    jail = find_jail() if jailed else NOTHING
    if jailed and jail.kind != "full":
        pytest.skip(f"this system has no better jail than `{jail.kind}`")
    folder, python = tmp_path / "own", Path(sys.executable).resolve()
    folder.mkdir()
    (folder / "outside.py").write_text(OUTSIDE)
    with (
        socket.socket(socket.AF_UNIX) as listener,
        subprocess.Popen(["sleep", "600"]) as victim,
    ):
        listener.bind(str(elsewhere / "socket"))
        listener.listen()
        reached = (str(victim.pid), str(elsewhere / "socket"))
        words = [str(python), "-S", str(folder / "outside.py"), *reached]
        words = jail.wrapped(words, folder, [python.parents[1]])
        done = subprocess.run(words, cwd=folder, env={"PATH": os.environ["PATH"]}, check=False)
        alive = victim.poll() is None
        victim.kill()

    assert done.returncode == 0
    found = json.loads((folder / "answer.json").read_text())
    if jailed:
        assert alive
        assert found["signal"] == "refused: No such process"
        assert found["socket"] == "refused: No such file or directory"
    else:
        assert found == {"signal": None, "socket": None}


def test_the_folder_of_services_is_hidden() -> None:
    assert "/run" in Jail("full", FULL, _private({})).hidden or not Path("/run").is_dir()


def test_without_a_jail_the_same_program_gets_at_all_of_it(
    tmp_path: Path, home: Path, port: int, elsewhere: Path
) -> None:
    """So that the test above would fail without one."""
    folder = tmp_path / "own"
    folder.mkdir()

    found = attacked(NOTHING, folder, home, port, elsewhere)

    assert found["secret"] == "canary"
    assert list(elsewhere.iterdir())
    assert not found["connect"].startswith("refused")


def test_a_system_without_unshare_has_no_jail_and_says_so(tmp_path: Path) -> None:
    assert find_jail({"PATH": str(tmp_path)}) == NOTHING
    assert "only its own Python refuses network" in NOTHING.says


def test_the_engine_gets_no_variable_that_runs_or_reaches_something(tmp_path: Path) -> None:
    """The profile's variables are for its GPUs, not for the machine of who asks."""
    hostile = ("LD_PRELOAD", "PYTHONPATH", "HTTPS_PROXY", "SGLANG_PLUGINS", "NOBODY_KNOWS", "PATH")
    added = tuple(Variable(name, "/canary", "engine.env") for name in hostile)
    asked = replace(release(), environment=(*release().environment, *added))
    python = tmp_path / "engine" / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        'parts = {"outcome": "resolved", "message": "", "where": "", "values": [], "said": []}\n'
        'answer = parts | {"variables": dict(os.environ), "pretended": [], "missing": []}\n'
        'json.dump({"packages": {}, "pretended": [], "answers": [answer]}, '
        'open(sys.argv[-1], "w"))\n'
    )
    python.chmod(0o755)
    environ = {"PATH": os.environ["PATH"], "AWS_SECRET_ACCESS_KEY": "canary", "HOME": "/canary"}

    (answer,) = ask(
        Interpreter("0.5.23", python),
        [asked],
        ModelConfig({"config.json": b"{}"}, "a test"),
        environ=environ,
    )

    assert set(answer.left_out) == set(hostile)
    assert "canary" not in json.dumps(dict(answer.variables))
    assert answer.variables["SGLANG_ENABLE_SPEC_V2"] == "1"
    assert answer.jail == NOTHING.says


def test_pythons_own_guard_refuses_network(port: int) -> None:
    code = (
        "import socket; from deployer.engine.pretend.alone import refuse_network; "
        "refuse_network(); "
        f"socket.create_connection(('127.0.0.1', {port}))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "no network while arguments are resolved" in done.stderr
