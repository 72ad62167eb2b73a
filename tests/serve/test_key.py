"""The key file is the owner's alone, and holds what SGLang reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from deployer.errors import Failure
from deployer.serve.inside import Inside
from deployer.serve.key import KeyFile, read_key, secrets_of
from deployer.serve.launch import door_environment, engine_environment
from deployer.serve.redact import Redactor

from .living import KEY, VARIABLE, make_release

INSIDE = Inside(23456, KEY, 'an-admin\'s-"key"-0123456789')


def test_the_key_file_is_private_yaml(tmp_path: Path) -> None:
    file = KeyFile(tmp_path, INSIDE)
    assert file.words() == ("--config", str(file.path))
    stated = yaml.safe_load(file.path.read_text())
    assert stated == {"api-key": KEY, "admin-api-key": INSIDE.admin_key}
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent == tmp_path
    file.remove()
    file.remove()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_supervisor_left_goes_and_what_another_one_writes_stays(
    tmp_path: Path,
) -> None:
    gone, here = tmp_path / ".engine-4194305-aa.yaml", tmp_path / f".engine-{os.getppid()}-bb.yaml"
    for each in (gone, here):
        each.write_text("api-key: old")
    file = KeyFile(tmp_path, INSIDE)
    assert sorted(tmp_path.iterdir()) == sorted([here, file.path])


def test_without_a_variable_there_is_no_key() -> None:
    assert read_key("", {}) == ""


def test_a_key_has_sixteen_characters_at_least() -> None:
    assert read_key(VARIABLE, {VARIABLE: "k" * 16}) == "k" * 16
    with pytest.raises(Failure, match="has 15 characters, fewer than 16"):
        read_key(VARIABLE, {VARIABLE: "k" * 15})


def test_no_room_for_the_file_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="key file cannot be written"):
        KeyFile(tmp_path / "no-folder", INSIDE)


def test_no_key_shows_by_accident() -> None:
    assert KEY not in repr(INSIDE)
    assert INSIDE.admin_key not in repr(INSIDE)


def test_the_engine_gets_the_environment_without_the_key() -> None:
    given = {"PATH": "/bin", VARIABLE: KEY, "HEADER": f"Bearer {KEY}", "FROM_RELEASE": "no"}
    given[f"{VARIABLE}__ALICE"] = "k" * 16
    found = engine_environment(make_release(), given, [KEY])
    assert found == {"PATH": "/bin", "FROM_RELEASE": "yes"}
    del found["FROM_RELEASE"]
    given["FROM_RELEASE"] = ""
    assert door_environment(make_release(), given, [KEY]) == {**found, "FROM_RELEASE": ""}


CREDENTIALS = (
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "GITHUB_TOKEN", "HF_TOKEN",
    "OPENAI_API_KEY", "SSH_AUTH_SOCK", "MODAL_TASK_SECRET", "MODAL_TOKEN_ID", "DB_PASSWORD",
    "stripe_secret", "SENTRY_DSN", "GOOGLE_APPLICATION_CREDENTIALS",
)  # fmt: skip
OF_THE_IMAGE = (
    "PATH", "LD_LIBRARY_PATH", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES", "NCCL_DEBUG", "HF_HOME",
    "FLASHINFER_WORKSPACE_BASE", "TRITON_PTXAS_PATH", "PIP_BREAK_SYSTEM_PACKAGES", "KEYBOARD",
)  # fmt: skip


def test_credentials_of_a_container_stay_behind_and_the_images_variables_do_not() -> None:
    given = {name: f"canary-{name}" for name in (*CREDENTIALS, *OF_THE_IMAGE)}

    found = engine_environment(make_release(), given, [KEY])

    assert set(found) == {*OF_THE_IMAGE, "FROM_RELEASE"}


@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "HF_TOKEN", "PGPASSWORD"]
)
def test_another_services_credential_is_never_read_as_the_key(name: str) -> None:
    with pytest.raises(Failure, match="is sent to no server") as caught:
        read_key(name, {name: "canary-canary-canary"})

    assert "canary" not in f"{caught.value} {caught.value.hint}"


def test_every_variable_that_is_called_secret_is_hidden(tmp_path: Path) -> None:
    file = tmp_path / "a-key-file"
    file.touch()
    environ = {
        "MODAL_TOKEN_SECRET": "modal-canary-1",
        "AWS_SECRET_ACCESS_KEY": "aws-canary-2/+",
        "GRAPH_KEY": "graph-canary-3",
        "HF_TOKEN": "hf-4",
        "HUGGING_FACE_HUB_TOKEN": "hub-canary-5",
        "TLS_KEY": str(file),
        "SSH_AUTH": "no",
        "PATH": "/usr/bin:/bin/canaries",
    }
    found = set(secrets_of(("our-own-key-0123456",), environ)) - {""}
    assert found == {
        "our-own-key-0123456",
        "modal-canary-1",
        "aws-canary-2/+",
        "graph-canary-3",
        "hf-4",
        "hub-canary-5",
    }
    said = Redactor(found).text(" ".join(environ.values()))
    assert "canary" not in said
    assert "hf-4" not in said
    assert "/usr/bin:/bin/canaries" in said
