"""Installing: the steps, their order, and what is left when one of them fails."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from deployer.engine import child, environment
from deployer.engine.environment import EngineEnvironment, locate
from deployer.engine.exclusive import exclusive
from deployer.engine.install import check_machine, check_space, install
from deployer.errors import Failure

from .stand_ins import NotingRunner, Said

pytestmark = pytest.mark.usefixtures("roomy_disk")


def test_steps_in_order(noting_runner: NotingRunner, said: Said, environ: dict[str, str]) -> None:
    made = install("0.5.23", progress=said, environ=environ, run=noting_runner)
    assert noting_runner.steps == [
        "creating the environment",
        "installing torch",
        "reading torch's build",
        "installing SGLang 0.5.23",
        "installing the CPU platform plugin",
        "checking the environment",
    ]
    assert locate("0.5.23", environ=environ) == made
    assert said.fractions[-1] == 1.0
    assert "GB in" in said.texts[-1]


def test_only_torch_comes_from_the_other_index(
    noting_runner: NotingRunner, said: Said, environ: dict[str, str]
) -> None:
    install("0.5.23", progress=said, environ=environ, run=noting_runner)
    torch, rest = noting_runner.commands[1], noting_runner.commands[3]
    assert "--extra-index-url https://download.pytorch.org/whl/cpu --retries 1" in " ".join(torch)
    assert "--extra-index-url" not in rest
    first, others = noting_runner.locks
    assert [one.pin for one in first] == ["torch==2.13.0+cpu"]
    assert {*first, *others} == set(environment.requirements("0.5.23"))
    assert len(others) == 97
    for command in (torch, rest):
        assert "--require-hashes --only-binary :all:" in " ".join(command)
    assert all("--no-deps" in command for command in (torch, rest, noting_runner.commands[4]))


def test_pip_settings_of_the_user_stay(
    noting_runner: NotingRunner, said: Said, environ: dict[str, str]
) -> None:
    mine = {"PIP_FIND_LINKS": "/wheels", "PIP_INDEX_URL": "http://mirror", "PYTHONPATH": "/other"}
    install("0.5.23", progress=said, environ=environ | mine, run=noting_runner)
    seen = noting_runner.environs[1]
    assert (seen["PIP_FIND_LINKS"], seen["PIP_INDEX_URL"]) == ("/wheels", "http://mirror")
    assert "PYTHONPATH" not in seen


def test_second_call_does_nothing(
    fake_engine: EngineEnvironment, noting_runner: NotingRunner, said: Said, environ: dict[str, str]
) -> None:
    assert install("0.5.23", progress=said, environ=environ, run=noting_runner) == fake_engine
    assert noting_runner.steps == said.texts == []


def test_leftovers_are_built_anew(
    fake_engine: EngineEnvironment, noting_runner: NotingRunner, said: Said, environ: dict[str, str]
) -> None:
    (fake_engine.root / environment.MARKER).unlink()
    (fake_engine.root / "half").write_text("")
    install("0.5.23", progress=said, environ=environ, run=noting_runner)
    assert not (fake_engine.root / "half").exists()


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), SystemExit(143)])
@pytest.mark.parametrize("step", ["installing torch", "checking the environment"])
def test_a_failed_step_leaves_nothing(
    said: Said, environ: dict[str, str], step: str, error: BaseException | None
) -> None:
    runner = NotingRunner(fails_at=step, error=error)
    with pytest.raises(type(error) if error else Failure):
        install("0.5.23", progress=said, environ=environ, run=runner)
    assert not environment.describe("0.5.23", environ).root.exists()
    assert locate("0.5.23", environ=environ) is None


def test_cuda_build_is_refused(said: Said, environ: dict[str, str]) -> None:
    runner = NotingRunner(torch_build="13.0")
    with pytest.raises(Failure, match=r"CUDA build of torch \(cuda: 13\.0\)") as caught:
        install("0.5.23", progress=said, environ=environ, run=runner)
    assert "PIP_FIND_LINKS" in caught.value.hint
    assert runner.steps[-1] == "reading torch's build"


def test_a_pip_that_fails_is_quoted(said: Said, environ: dict[str, str], tmp_path: Path) -> None:
    """The real runner, with a script in pip's place."""
    failing = tmp_path / "python3"
    failing.write_text("#!/bin/sh\necho 'ERROR: No matching distribution found'\nexit 1\n")
    failing.chmod(0o755)

    def run(
        command: Sequence[str],
        *,
        doing: str,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> None:
        if "venv" in command:
            NotingRunner()(command, doing=doing, env=env, on_line=on_line)
        else:
            child.run([str(failing), *command[1:]], doing=doing, env=env, on_line=on_line)

    with pytest.raises(Failure, match="installing torch failed") as caught:
        install("0.5.23", progress=said, environ=environ, run=run)
    assert "No matching distribution" in caught.value.message


def test_unwritable_home(said: Said, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environ = {"DEPLOYER_ENGINE_HOME": str(tmp_path / "file" / "engines")}
    with pytest.raises(Failure, match="cannot be installed in") as caught:
        install("0.5.23", progress=said, environ=environ, run=NotingRunner())
    assert "DEPLOYER_ENGINE_HOME" in caught.value.hint


@pytest.mark.parametrize(
    ("system", "machine", "python", "word"),
    [
        ("darwin", "arm64", (3, 12), "Linux x86_64"),
        ("linux", "aarch64", (3, 12), "Linux x86_64"),
        ("linux", "x86_64", (3, 10), "Python 3.11"),
    ],
)
def test_wrong_machine(system: str, machine: str, python: tuple[int, ...], word: str) -> None:
    with pytest.raises(Failure, match=word):
        check_machine(system, machine, python)


def test_full_disk(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"needs 2\.5 GB of free disk; .* has 1\.0 GB") as caught:
        check_space(tmp_path, 1_000_000_000)
    assert "DEPLOYER_ENGINE_HOME" in caught.value.hint


def test_second_process_waits_and_says_so(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from deployer.engine.exclusive import exclusive\n"
        "with exclusive(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        waited: list[str] = []
        let_go = holder.stdin.close

        def on_wait(who: str) -> None:
            waited.append(who)
            let_go()

        with exclusive(lock, on_wait=on_wait):
            assert waited, "the lock was given to two"
    assert waited == [str(holder.pid)]


def test_what_is_installed_others_may_not_change_whatever_the_umask(
    said: Said, environ: dict[str, str]
) -> None:
    """Whoever may write into an environment runs code in it."""

    def run(
        command: Sequence[str],
        *,
        doing: str,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> None:
        del command, env
        packages = environment.describe("0.5.23", environ).root / "lib" / "site-packages"
        child.run(["mkdir", "-p", str(packages)], doing=doing, env=os.environ, on_line=on_line)
        child.run(["touch", str(packages / "a.py")], doing=doing, env=os.environ, on_line=on_line)
        answers = {
            "reading torch's build": "cuda: None",
            "checking the environment": "sglang: 0.5.23",
        }
        if doing in answers:
            on_line(answers[doing])

    before = os.umask(0)
    try:
        made = install("0.5.23", progress=said, environ=environ, run=run)
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    found = [made.root.parent, made.root, *made.root.rglob("*")]
    assert {path.name for path in found} >= {"site-packages", "a.py"}
    assert [path for path in found if path.stat().st_mode & 0o022] == []


def test_an_environment_that_others_may_change_is_not_run(
    fake_engine: EngineEnvironment, environ: dict[str, str]
) -> None:
    assert locate("0.5.23", environ=environ) == fake_engine
    for folder in (fake_engine.root, fake_engine.root.parent):
        folder.chmod(0o777)
        with pytest.raises(Failure, match="can be written by everybody"):
            locate("0.5.23", environ=environ)
        folder.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(fake_engine.root, 65534, 65534)
        with pytest.raises(Failure, match="belongs to another user"):
            locate("0.5.23", environ=environ)
