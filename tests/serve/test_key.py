"""The key file is the owner's alone, and holds what SGLang reads."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import yaml

from deployer.errors import Failure
from deployer.serve.key import KeyFile, read_key
from deployer.serve.launch import engine_environment

from .living import KEY, VARIABLE, make_release


def test_the_key_file_is_private_yaml() -> None:
    file = KeyFile(KEY)
    assert file.path is not None
    assert file.words() == ("--config", str(file.path))
    assert yaml.safe_load(file.path.read_text()) == {"api-key": KEY}
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700
    file.remove()
    file.remove()
    assert not file.path.parent.exists()


def test_without_a_key_there_is_no_file() -> None:
    assert read_key("", {}) == ""
    assert KeyFile("").words() == ()


def test_a_key_has_sixteen_characters_at_least() -> None:
    assert read_key(VARIABLE, {VARIABLE: "k" * 16}) == "k" * 16
    with pytest.raises(Failure, match="has 15 characters, fewer than 16"):
        read_key(VARIABLE, {VARIABLE: "k" * 15})


def test_no_room_for_the_file_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(Path(__file__) / "no-folder"))
    with pytest.raises(Failure, match="key file cannot be written"):
        KeyFile(KEY)


def test_the_engine_gets_the_environment_without_the_key() -> None:
    given = {"PATH": "/bin", VARIABLE: KEY, "HEADER": f"Bearer {KEY}", "FROM_RELEASE": "no"}
    found = engine_environment(make_release(), given, KEY)
    assert found == {"PATH": "/bin", "FROM_RELEASE": "yes"}


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

    found = engine_environment(make_release(), given, KEY)

    assert set(found) == {*OF_THE_IMAGE, "FROM_RELEASE"}


@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "HF_TOKEN", "PGPASSWORD"]
)
def test_another_services_credential_is_never_read_as_the_key(name: str) -> None:
    with pytest.raises(Failure, match="is sent to no server") as caught:
        read_key(name, {name: "canary-canary-canary"})

    assert "canary" not in f"{caught.value} {caught.value.hint}"
