"""The wheel, as somebody installs it who has never seen the repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

README = Path("README.md")
SECTION = re.compile(r"^## A profile\n+```yaml\n(.*?)```", re.DOTALL | re.MULTILINE)


EACH = """
import json, sys
from deployer.cli.main import main
for words in json.loads(sys.argv[1]):
    if code := main(words):
        sys.exit(code)
"""


@dataclass(frozen=True)
class Installed:
    """A `deployer` in an environment of its own, started in an empty folder."""

    program: Path
    folder: Path
    environ: dict[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._started([str(self.program), *words])

    def run_each(self, *commands: list[str]) -> subprocess.CompletedProcess[str]:
        """Run several in one process, up to the first that ends with another code than 0."""
        python = self.program.resolve().with_name("python")
        return self._started([str(python), "-I", "-c", EACH, json.dumps(commands)])

    def _started(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-I", "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """`uv tool install WHEEL`, of the versions that are locked."""
    home = tmp_path_factory.mktemp("home")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DEPLOYER_")},
        "UV_TOOL_DIR": str(home / "tools"),
        "UV_TOOL_BIN_DIR": str(home / "bin"),
        "UV_NO_CONFIG": "1",
    }
    uv = str(Path(sys.executable).with_name("uv"))
    words = ["tool", "install", "--quiet", "--python", sys.executable]
    versions = ["--constraints", str(Path("locks", "check.txt").resolve())]
    subprocess.run([uv, *words, *versions, str(wheel)], env=environ, check=True)
    folder = home / "empty"
    folder.mkdir()
    environ |= {"HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
    return Installed(home / "bin" / "deployer", folder, environ)


def test_the_wheel_holds_data_and_nothing_of_the_repository_beside_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert "deployer/facts/models/models.jsonl" in names
    shipped = {path.name for path in Path("profiles").glob("*.yaml")}
    assert {f"deployer/examples/{name}" for name in shipped} <= {*names}
    assert any(re.fullmatch(r"deployer/facts/sglang/0\.5\.\d+\.json", name) for name in names)
    assert {name.partition("/")[0] for name in names} == {
        "deployer",
        next(name.partition("/")[0] for name in names if name.endswith(".dist-info/METADATA")),
    }


def test_it_checks_compiles_and_explains_in_an_empty_folder(installed: Installed) -> None:
    shown = SECTION.search(README.read_text(encoding="utf-8"))
    assert shown is not None
    (installed.folder / "mine.yaml").write_text(shown[1], encoding="utf-8")

    version = installed.run("--version")
    assert (version.returncode, version.stdout.startswith("deployer ")) == (0, True)
    checked = installed.run("check", "mine.yaml")
    assert checked.returncode == 0, checked.stderr
    compiled = installed.run("compile", "mine.yaml")
    assert "--model-path" in compiled.stdout
    assert "GiB" in installed.run("fit", "mine.yaml").stdout
    assert installed.run("plan", "--offline", "mine.yaml").returncode == 0
    assert "misspelt key" in installed.run("explain", "unknown-key").stdout
    assert '"$schema"' in installed.run("schema").stdout


def test_a_shipped_profile_is_had_where_there_is_no_checkout(installed: Installed) -> None:
    unknown = installed.run("init", "--example", "nosuch")
    assert unknown.returncode == 2
    profiles = list(Path("profiles").glob("*.yaml"))
    # What one names is written beside it, and may be there when its own turn comes.
    asked = [["init", "--force", "--example", one.stem, "-o", one.name] for one in profiles]
    written = installed.run_each(*asked)
    assert written.returncode == 0, written.stderr
    for profile in profiles:
        assert f"`{profile.stem}`" in unknown.stderr
        text = (installed.folder / profile.name).read_text(encoding="utf-8")
        assert text == profile.read_text(encoding="utf-8")
    checked = installed.run("check", "--strict", *(one.name for one in profiles))
    assert checked.returncode == 0, checked.stdout
    flags = installed.run("compile", "--format", "flags", "cpu-tiny.yaml").stdout
    assert flags == Path("profiles/compiled/cpu-tiny.flags").read_text(encoding="utf-8")


def test_what_it_does_not_bring_is_named(installed: Installed) -> None:
    ended = installed.run("verify", "--url", "http://127.0.0.1:9")

    assert ended.returncode == 1
    assert "the package `openai` is not installed" in ended.stderr
    assert "`pip install '.[verify]'`" in ended.stderr
