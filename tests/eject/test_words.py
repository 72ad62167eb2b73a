"""What an ejected file runs is what the release says, whatever its values hold."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deployer.eject import quote
from deployer.eject.eject import eject
from deployer.eject.left import COMPOSE, DOCKER, FORMS, KUBERNETES, MODAL, SKYPILOT
from deployer.errors import Failure
from deployer.release import Argument, Release, Variable
from tests.volume import scaled

from .releases import SHIPPED, SPANNING, full

NASTY = (
    "plain", "it's", 'a "quoted" word', "$HOME", "$(id)", "$$(HOME)", "${API_KEY}", "`id`", "a\\b",
    "back\\\\slash\\n", "# no comment", ": colon", "- dash", "{json: [1, 2]}", '{"a": "b"}', "yes",
    "null", "0123", "1e5", "%s", "*", "&x", "!tag", "a\nb", "tab\there", "é ü 日本", "😀",
    "{{ x }}", "{% raw %}", "'''", '"""', " leading", "trailing ", "~", "=", "DOCKERFILE", "\\",
)  # fmt: skip
"""Values that some format reads as something else."""

SERVES = ("--host", "0.0.0.0", "--port", "8000")  # noqa: S104 - in a container
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn"), exclude_characters="\u2028\u2029"),
    max_size=30,
)


def with_values(release: Release, values: tuple[str, ...]) -> Release:
    further = tuple(Argument(f"--x-{n}", (value,), "engine.args") for n, value in enumerate(values))
    variables = tuple(Variable(f"X_{n}", value, "engine.env") for n, value in enumerate(values))
    return replace(
        release,
        arguments=(*release.arguments, *further),
        environment=(*release.environment, *variables),
    )


def said(release: Release) -> tuple[list[str], dict[str, str]]:
    return [*release.argv(), *SERVES], {one.name: one.value for one in release.environment}


def in_python(text: str) -> tuple[list[str], dict[str, str]]:
    values: dict[str, Any] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                values[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    words = ["python3", "-m", "sglang.launch_server", *values["ARGUMENTS"]]
    return [*words, "--host", "0.0.0.0", "--port", str(values["PORT"])], values["ENVIRONMENT"]  # noqa: S104


def in_compose(text: str) -> tuple[list[str], dict[str, str]]:
    server = yaml.safe_load(text)["services"]["server"]
    variables = {name: one for name, one in server["environment"].items() if name != "API_KEY"}
    words = [*server["command"], *variables.values()]
    assert not [word for word in words if re.search(r"(?<!\$)(\$\$)*\$(?!\$)", word)]
    return (
        [word.replace("$$", "$") for word in server["command"]],
        {name: one.replace("$$", "$") for name, one in variables.items()},
    )


def in_kubernetes(text: str) -> tuple[list[str], dict[str, str]]:
    pod = next(iter(yaml.safe_load_all(text)))["spec"]["template"]["spec"]

    def expanded(word: str) -> str:
        """As Kubernetes does it (``third_party/forked/golang/expansion/expand.go``)."""
        assert not re.search(r"(?<!\$)(\$\$)*\$\(", word)
        return re.sub(r"\$\$", lambda _: "$", word)

    container = pod["containers"][0]
    variables = {one["name"]: expanded(one["value"]) for one in container["env"] if "value" in one}
    return [expanded(word) for word in container["args"]], variables


READ = {MODAL: in_python, COMPOSE: in_compose, KUBERNETES: in_kubernetes}


@pytest.mark.parametrize("form", READ)
@pytest.mark.parametrize("release", SHIPPED, ids=lambda one: one.name)
def test_the_words_are_those_of_the_release(form: str, release: Release) -> None:
    assert READ[form](eject(release, form).text) == said(release)


@pytest.mark.parametrize("form", READ)
def test_no_value_is_read_as_something_else(form: str) -> None:
    release = with_values(SHIPPED[0], NASTY)

    assert READ[form](eject(release, form).text) == said(release)


@given(st.lists(TEXT, max_size=4))
@scaled(0.5)
def test_any_value_stays_what_it_is(values: list[str]) -> None:
    release = with_values(SHIPPED[0], tuple(values))

    got = {form: read(eject(release, form).text) for form, read in READ.items()}
    assert got == dict.fromkeys(READ, said(release))


@pytest.mark.parametrize("form", FORMS)
def test_no_comment_is_left_by_what_it_names(form: str) -> None:
    model = replace(SHIPPED[0].model, served_name="x\nimport os\n- evil: 1\n\u2028y")
    text = eject(replace(SHIPPED[0], model=model, name="n\nrm -rf /"), form).text

    assert not [
        line for line in text.splitlines() if line.startswith(("import os\n", "- evil", "rm"))
    ]
    assert "x\\nimport os" in text


@pytest.mark.parametrize("value", NASTY)
def test_the_serializers_are_read_back(value: str) -> None:
    assert ast.literal_eval(quote.python(value)) == value
    assert ast.literal_eval(quote.laid_out({"a": [value] * 40})) == {"a": [value] * 40}
    assert yaml.safe_load(quote.in_yaml(value)) == value
    assert yaml.safe_load(f"[{quote.in_compose_flow(value)}]") == [value.replace("$", "$$")]
    assert shlex.split(quote.shell_list([value, value])) == [value, value]


pytest_shell = pytest.mark.process
STUB = """#!/bin/sh
printf '%s\\0' "$@" '@end' >> "$SEEN"
"""


def ran(script: str, folder: Path, *names: str) -> list[list[str]]:
    """Run a script in bash, where these programs say what they were given."""
    (folder / "bin").mkdir()
    for name in names:
        stub = folder / "bin" / name
        stub.write_text(STUB, encoding="utf-8")
        stub.chmod(0o755)
    environment = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "SEEN": str(folder / "seen"),
                   "API_KEY": "a 'key\" $x", "HF_TOKEN": ""}  # fmt: skip
    subprocess.run(["bash", "-c", script], env=environment, check=True, cwd=folder)
    calls = (folder / "seen").read_text(encoding="utf-8").split("@end\0")
    return [call.split("\0")[:-1] for call in calls if call]


@pytest_shell
def test_bash_gives_docker_what_the_release_says(tmp_path: Path) -> None:
    release = with_values(full(), NASTY)
    build, fetch, run = ran(eject(release, DOCKER).text, tmp_path, "docker")

    assert build[:2] == ["build", "--tag"]
    assert fetch[-4:] == ["--revision", release.model.commit, "--local-dir", release.model.path]
    words, variables = said(release)
    start = run.index("sh")
    assert run[start + 3 : start + 4] == ["sglang"]
    assert run[start + 4 :] == words
    given = dict(
        run[place + 1].split("=", 1)
        for place, word in enumerate(run[:start])
        if word == "--env" and "=" in run[place + 1]
    )
    assert given == variables
    assert run[start - 1] == build[2]

    inside = tmp_path / "inside"
    inside.mkdir()
    prologue = run[start + 2].replace("/tmp/engine-key.yaml", f"{inside}/engine-key.yaml")  # noqa: S108
    subprocess.run(
        ["sh", "-c", prologue, "sglang", "true"], env={**os.environ, "API_KEY": "a 'key\" #$x\\"},
        check=True,
    )  # fmt: skip
    key = inside / "engine-key.yaml"
    assert yaml.safe_load(key.read_text(encoding="utf-8")) == {"api-key": "a 'key\" #$x\\"}
    assert key.stat().st_mode & 0o077 == 0


@pytest_shell
@pytest.mark.parametrize("release", [SHIPPED[0], SPANNING], ids=["one", "several"])
def test_bash_gives_the_engine_what_the_release_says(release: Release, tmp_path: Path) -> None:
    release = with_values(release, NASTY)
    task = yaml.safe_load(eject(release, SKYPILOT).text)
    several = (
        "export SKYPILOT_NUM_NODES=2 SKYPILOT_NODE_RANK=1 SKYPILOT_NODE_IPS=$'10.0.0.1\\n10.0.0.2'"
    )
    key = tmp_path / "engine-key.yaml"
    run = task["run"].replace("/tmp/engine-key.yaml", str(key))  # noqa: S108
    fetch, got = ran(f"{several}\n{task['setup']}\n{run}", tmp_path, "python3", "hf")

    assert fetch[0] == "download"
    assert fetch[1] == release.model.repo
    words = [word for one in release.arguments for word in one.words()]
    if release.name == SPANNING.name:
        gone = {"--nnodes", "--node-rank", "--dist-init-addr"}
        words = [word for one in release.arguments if one.flag not in gone for word in one.words()]
        words += ["--host", "0.0.0.0", "--port", "8000", "--nnodes", "2", "--node-rank", "1",  # noqa: S104
                  "--dist-init-addr", "10.0.0.1:20000"]  # fmt: skip
    else:
        words += SERVES
    assert got == ["-m", "sglang.launch_server", *words, "--config", str(key)]
    assert task["envs"] == said(release)[1]
    assert yaml.safe_load(key.read_text(encoding="utf-8")) == {"api-key": "a 'key\" $x"}


@pytest.mark.parametrize("form", [DOCKER, COMPOSE])
def test_a_dockerfile_says_each_layer(form: str) -> None:
    text = eject(full(), form).text

    for layer in (
        "FROM lmsysorg/sglang:v0.5.20-cu130",
        'RUN ["apt-get", "install", "-y", "--no-install-recommends", "patch", "git=1:2.39.5-0"]',
        '"--index-url", "https://pypi.example.com/simple"',
        '"--extra-index-url", "https://wheels.example.com/simple"',
        'ENV OMP_NUM_THREADS="4"',
        'RUN ["sh", "-c", "echo one"]',
        "sha256sum -c -",
    ):
        assert layer in text


def test_a_line_end_in_a_variable_of_the_image_is_refused() -> None:
    release = full()
    steps = tuple(
        replace(one, words=("A=b\nRUN rm -rf /",)) if one.kind == "env" else one
        for one in release.engine.image_steps
    )
    changed = replace(release, engine=replace(release.engine, image_steps=steps))

    for form in (DOCKER, COMPOSE):
        with pytest.raises(Failure, match="A of the image has a line end"):
            eject(changed, form)
    assert "A=b" not in eject(changed, MODAL).text
