"""A repository full of traps: whatever of it is run leaves its name in a folder of canaries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.repository import commit, git

SECRET = "ghs_canary_that_must_not_be_shown"

MODULES = (
    "json", "venv", "sitecustomize", "usercustomize", "pip", "ensurepip", "re", "os", "pathlib",
    "subprocess", "encodings", "click", "yaml", "pydantic", "conftest", "setup", "__main__",
)  # fmt: skip
"""Modules that an interpreter would take from the folder that it is started in."""

PACKAGES = ("deployer", "tools", "tools/action")
"""The packages of the action itself, by the names under which it imports them."""

INJECTED = "x\n::notice title=pwned::all profiles are fine\n::stop-commands::x\n.yaml"
"""A file name that would be commands to the runner, were it printed as it is."""

BARE = {
    "HEAD": "ref: refs/heads/main\n",
    "config": "[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = {canary}\n",
    "objects/keep": "",
    "refs/keep": "",
}
"""A folder that git would take for a repository, with a configuration of the author's."""


def set_traps(repository: Path, canaries: Path, profile: str) -> None:
    """Fill the checkout of a pull request with traps, and commit what git takes."""
    canaries.mkdir()
    for module in MODULES:
        (repository / f"{module}.py").write_text(_python(canaries / module), encoding="utf-8")
    for package in PACKAGES:
        (repository / package).mkdir(exist_ok=True)
        name = canaries / package.replace("/", ".")
        for file in ("__init__.py", "__main__.py"):
            (repository / package / file).write_text(_python(name), encoding="utf-8")
    (repository / "evil.pth").write_text(_python(canaries / "pth"), encoding="utf-8")
    (repository / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/\n")
    (repository / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "setup"\nbackend-path = ["."]\n'
    )
    (repository / ".python-version").write_text("pypy3.9\n")
    (repository / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    (repository / ".gitmodules").write_text(
        f'[submodule "evil"]\n\tpath = evil\n\turl = ext::{_script(canaries, "submodule")}\n'
    )
    for part, text in BARE.items():
        bare = repository / "profiles" / "bare" / part
        bare.parent.mkdir(parents=True, exist_ok=True)
        bare.write_text(text.format(canary=_script(canaries, "bare")), encoding="utf-8")
    _odd_files(repository / "profiles", profile)
    commit(repository, "Set traps\n\n$(touch pwned) `touch pwned`")
    _configure(repository, canaries)


def hostile_environment(repository: Path, canaries: Path) -> dict[str, str]:
    """Give variables that something before the action may have set, to be run with it."""
    return {
        "PYTHONPATH": str(repository),
        "PYTHONUSERBASE": str(repository),
        "PYTHONSTARTUP": str(repository / "json.py"),
        "PYTHONINSPECT": "1",
        "PIP_CONFIG_FILE": str(repository / "pip.conf"),
        "GIT_EXTERNAL_DIFF": _script(canaries, "external-diff"),
        "GIT_SSH_COMMAND": _script(canaries, "ssh"),
        "GIT_ASKPASS": _script(canaries, "askpass"),
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={_script(canaries, 'parameters')}'",
        "GIT_TRACE": str(canaries / "trace"),
        "HF_TOKEN": SECRET,
    }


def ran(canaries: Path) -> set[str]:
    """Give what was run."""
    return {path.name for path in canaries.iterdir()}


def spring(repository: Path, canaries: Path) -> set[str]:
    """Run what a careless action would run, and give what that sets off: the traps are real."""
    for words in (["-m", "venv", "--help"], ["-c", "import json"]):
        subprocess.run([sys.executable, *words], cwd=repository, check=False, capture_output=True)
    for words in (["status"], ["diff", "HEAD~1"]):
        subprocess.run(["git", *words], cwd=repository, check=False, capture_output=True)
    return ran(canaries)


def _odd_files(profiles: Path, profile: str) -> None:
    (profiles / "wrong.yaml").write_text(profile.replace("port: 8000", "prot: 8000"))
    (profiles / "environ.yaml").symlink_to("/proc/self/environ")
    (profiles / "away.yaml").symlink_to("../../elsewhere.yaml")
    (profiles / "folder.yaml").mkdir()
    (profiles / "folder.yaml" / "keep").write_text("")
    (profiles / INJECTED).write_text("name: [\n")
    (profiles / "--format=json.yaml").write_text("name: [\n")
    (profiles / "$(touch pwned).yaml").write_text("name: [\n")


def _configure(repository: Path, canaries: Path) -> None:
    """Configure the checkout's own git, as a step before the action may have done."""
    for key in (
        "core.fsmonitor", "core.sshCommand", "core.askPass", "diff.external", "diff.evil.textconv",
        "diff.evil.command", "filter.evil.smudge", "filter.evil.clean", "filter.evil.process",
        "merge.evil.driver", "credential.helper", "remote.origin.uploadpack", "gpg.program",
    ):  # fmt: skip
        git(repository, "config", key, _script(canaries, key))
    git(repository, "config", "remote.origin.url", f"ext::{_script(canaries, 'remote')}")
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("reference-transaction", "post-checkout", "pre-auto-gc", "post-index-change"):
        (hooks / hook).symlink_to(_script(canaries, hook))


def _python(canary: Path) -> str:
    return f"import builtins; builtins.open({str(canary)!r}, 'w').close()\n"


def _script(canaries: Path, name: str) -> str:
    """Make a program beside the canaries that leaves one."""
    file = canaries.with_name(f"{canaries.name}-{name}.sh")
    file.write_text(f"#!/bin/sh\n: > '{canaries / name}'\nexit 1\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)
