"""The wheel is one that pip takes, and the same sources make the same bytes."""

import base64
import csv
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deployer.engine import plugin


def test_wheel_is_reproducible(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    assert plugin.build_wheel(first).read_bytes() == plugin.build_wheel(second).read_bytes()


def test_record_lists_every_file_with_its_hash(tmp_path: Path) -> None:
    with zipfile.ZipFile(plugin.build_wheel(tmp_path)) as archive:
        info = f"deployer_cpu_platform-{plugin.VERSION}.dist-info"
        rows = {
            row[0]: row[1:] for row in csv.reader(archive.read(f"{info}/RECORD").decode().split())
        }
        assert set(rows) == set(archive.namelist())
        assert rows.pop(f"{info}/RECORD") == ["", ""]
        for name, (digest, size) in rows.items():
            content = archive.read(name)
            expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            assert (digest, size) == (f"sha256={expected.decode()}", str(len(content)))


def test_what_is_in_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(plugin.build_wheel(tmp_path)) as archive:
        names = set(archive.namelist())
        points = archive.read(f"deployer_cpu_platform-{plugin.VERSION}.dist-info/entry_points.txt")
    assert "deployer_cpu_platform.pth" in names
    assert {
        f"deployer_cpu_platform/{name}.py" for name in ("__init__", "boot", "platform")
    } <= names
    assert points == (
        b"[sglang.srt.platforms]\ndeployer-cpu-platform = deployer_cpu_platform:activate\n"
    )


def interpreter(tmp_path: Path, code: str, **variables: str) -> str:
    """Run code in an interpreter that has the plugin's files on its site path, .pth and all."""
    site = tmp_path / "site"
    with zipfile.ZipFile(plugin.build_wheel(tmp_path)) as archive:
        archive.extractall(site)
    start = f"import site; site.addsitedir({str(site)!r})\n"
    kept = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", start + code],
        env=kept | variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_without_the_variable_nothing_happens(tmp_path: Path) -> None:
    code = (
        "import sys, importlib.util\n"
        "print('deployer_cpu_platform' in sys.modules, importlib.util.find_spec('triton'))\n"
        "import deployer_cpu_platform; print(deployer_cpu_platform.activate())"
    )
    assert interpreter(tmp_path, code).split() == ["False", "None", "None"]
    assert interpreter(tmp_path, code, DEPLOYER_CPU_PLATFORM="0").split() == [
        "False",
        "None",
        "None",
    ]


def test_with_the_variable_the_hooks_are_up(tmp_path: Path) -> None:
    code = (
        "import sys, deployer_cpu_platform\n"
        "import triton, triton.language as tl\n"
        "from triton.runtime.jit import JITFunction\n"
        "print(deployer_cpu_platform.activate(), triton.cdiv(5, 2), triton.next_power_of_2(5),\n"
        "      isinstance(1, JITFunction), tl.constexpr(3) is not None)"
    )
    assert interpreter(tmp_path, code, DEPLOYER_CPU_PLATFORM="1").split() == [
        "deployer_cpu_platform.platform.CpuPlatform",
        "3",
        "8",
        "False",
        "True",
    ]


def test_what_is_imported_is_not_collected_until_there_is_a_worker(tmp_path: Path) -> None:
    code = (
        "import gc, multiprocessing\n"
        "said = [gc.get_threshold()]\n"
        "def work():\n"
        "    process = multiprocessing.get_context('spawn').Process(target=print)\n"
        "    process.start()\n"
        "    process.join()\n"
        "    said.append(gc.get_threshold())\n"
        "work(); gc.set_threshold(5, 6, 7); work()\n"
        "print(*(one for one, _, _ in said))"
    )
    usual = interpreter(tmp_path, "import gc; print(gc.get_threshold()[0])")
    said = interpreter(tmp_path, code, DEPLOYER_CPU_PLATFORM="1")
    assert said.split() == ["1000000", usual, "5"]


def test_a_kernel_refuses_to_run(tmp_path: Path) -> None:
    code = (
        "import triton\n"
        "@triton.autotune(configs=[triton.Config({'B': 1}, num_warps=4)], key=['n'])\n"
        "@triton.jit\n"
        "def add_kernel(x): pass\n"
        "try: add_kernel[(1,)](2)\n"
        "except RuntimeError as error: print(error)"
    )
    said = interpreter(tmp_path, code, DEPLOYER_CPU_PLATFORM="1")
    assert "add_kernel" in said
    assert "needs a GPU" in said


def test_a_real_triton_wins(tmp_path: Path) -> None:
    (tmp_path / "site" / "triton").mkdir(parents=True)
    (tmp_path / "site" / "triton" / "__init__.py").write_text("real = True\n")
    said = interpreter(tmp_path, "import triton; print(triton.real)", DEPLOYER_CPU_PLATFORM="1")
    assert said == "True"


WORK = """
import signal, sys
def work():
    kept = [signal.getsignal(each) for each in (signal.SIGQUIT, signal.SIGINT)]
    said = [kept == [signal.SIG_DFL, signal.default_int_handler], 'colorsys' in sys.modules]
    print(*said, flush=True)
    raise SystemExit(7)
"""
"""What a worker finds: the handlers of a new interpreter, and what its parent has imported."""

STARTED = """
import colorsys, multiprocessing, signal
signal.signal(signal.SIGQUIT, print)
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored from the start
process = multiprocessing.get_context('spawn').Process(target=work)
process.start()
process.join()
print(process.exitcode, signal.getsignal(signal.SIGQUIT) is print)
"""

THREAD = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"


@pytest.mark.parametrize(
    ("package", "before", "switch", "forked"),
    [
        ("sglang/srt", "", "1", "True"),
        ("sglang/srt", "", "0", "False"),
        ("sglang/srt", THREAD, "1", "False"),
        ("elsewhere", "", "1", "False"),
    ],
)
def test_a_worker_is_forked_from_a_process_of_one_thread_and_everything_else_spawned(
    tmp_path: Path, package: str, before: str, switch: str, forked: str
) -> None:
    folder = tmp_path / "site" / package
    folder.mkdir(parents=True)
    (folder / "worker.py").write_text(WORK)
    code = f"{before}\nfrom {package.replace('/', '.')}.worker import work\n{STARTED}"
    said = interpreter(tmp_path, code, DEPLOYER_CPU_PLATFORM=switch)
    assert said.split() == ["True", forked, "7", "True"]
