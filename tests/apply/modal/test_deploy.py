"""What the real client sends for each profile, told by the messages that arrive.

Run with the oldest client too (see ``test_oldest_client.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from modal_proto import api_pb2

from deployer.apply.modal.app import PACKAGE, build_app, container_files
from deployer.apply.modal.tags import short_digest
from deployer.cli.reading import read_release
from deployer.compile.pin import pin
from deployer.facts.modal.keywords import HOME
from deployer.release import Release
from tests.apply.modal.conftest import close_client, make_plane
from tests.fakes.modal.plane import ControlPlane
from tests.fakes.modal.state import App
from tests.shipped import shipped as whole

pytestmark = pytest.mark.process

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHIPPED = ("b200-fp8-eagle", "b200-no-spec", "h200-fallback")
SECRETS = {
    "glm51-api-key": {"API_KEY": "canary-of-an-api-key"},
    "huggingface-secret": {"HF_TOKEN": "hf_canaryCanaryCanary"},
}


@pytest.fixture
def plane(
    tmp_path: Path, fresh_client: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ControlPlane]:
    del fresh_client
    yield from make_plane(tmp_path, monkeypatch, SECRETS)


def shipped(name: str, folder: Path, **changes: str) -> Release:
    text = whole(name)
    for key, value in changes.items():
        assert f"  {key}: " in text
        text = "".join(
            f"  {key}: {value}\n" if line.strip().startswith(f"{key}: ") else line
            for line in text.splitlines(keepends=True)
        )
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return pin(read_release(str(path)), lambda _: COMMIT)


def deployed(release: Release, folder: Path, plane: ControlPlane) -> App:
    file = folder / "release.json"
    file.write_text(release.to_json(), encoding="utf-8")
    build_app(release, file).app.deploy(tag=short_digest(release))
    assert release.modal
    return plane.app(release.modal.app)


def definition(app: App, name: str) -> api_pb2.Function:
    return app.definitions[app.functions[name]]


def layers(plane: ControlPlane, image_id: str) -> list[str]:
    image = plane.state.images[image_id]
    below = [c for base in image.base_images for c in layers(plane, base.image_id)]
    return [*below, *image.dockerfile_commands]


def volumes(plane: ControlPlane, function: api_pb2.Function) -> dict[str, tuple[str, bool]]:
    return {
        mount.mount_path: (plane.state.volumes[mount.volume_id][0], mount.read_only)
        for mount in function.volume_mounts
    }


def secrets(plane: ControlPlane, function: api_pb2.Function) -> list[dict[str, str]]:
    return [plane.state.secret(secret_id) for secret_id in function.secret_ids]


def test_what_a_loader_imports_is_put_into_the_image(tmp_path: Path, plane: ControlPlane) -> None:
    app = deployed(shipped("b200-fp8-latest", tmp_path), tmp_path, plane)
    for part in ("Server.*", "compile_deepgemm"):
        commands = layers(plane, definition(app, part).image_id)
        assert commands[0] == "FROM lmsysorg/sglang:v0.5.20-cu130"
        assert any(c.startswith("RUN ") and "fastsafetensors==0.3.3" in c for c in commands), part
    commands = layers(plane, definition(app, "download_model").image_id)
    assert not any("fastsafetensors" in command for command in commands)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("endpoint", ["web_server", "server"])
def test_what_is_deployed(name: str, endpoint: str, tmp_path: Path, plane: ControlPlane) -> None:
    release = shipped(name, tmp_path, endpoint=endpoint)
    app = deployed(release, tmp_path, plane)
    gpu = "H200" if name.startswith("h200") else "B200"
    assert app.tags["deployer.release"] == release.digest()[:40]
    assert app.tags["deployer.profile"] == name
    assert app.versions[-1].tag == release.digest()[:40]
    server = definition(app, "Server" if endpoint == "server" else "Server.*")

    assert (server.resources.gpu_config.gpu_type, server.resources.gpu_config.count) == (gpu, 8)
    assert layers(plane, server.image_id) == [
        "FROM lmsysorg/sglang:v0.5.10.post1-cu130",
        "FROM base",
        "ENTRYPOINT []",
    ]
    assert volumes(plane, server) == {
        "/model-cache": ("glm51-model-weights", True),
        "/dg-cache": ("glm51-deepgemm-cache", True),
    }
    assert secrets(plane, server) == [SECRETS["glm51-api-key"]]
    scaling = server.autoscaler_settings
    assert (scaling.min_containers, scaling.max_containers, scaling.scaledown_window) == (0, 3, 900)
    assert release.modal
    assert server.startup_timeout_secs == release.modal.startup_timeout == 5100
    assert server.scheduler_placement.regions == []
    if endpoint == "web_server":
        web = server.method_definitions["serve"].webhook_config
        assert (web.type, web.web_server_port) == (api_pb2.WEBHOOK_TYPE_WEB_SERVER, 8000)
        assert web.web_server_startup_timeout == 60
        assert web.requires_proxy_auth
        assert (server.max_concurrent_inputs, server.target_concurrent_inputs) == (48, 48)
        assert server.timeout_secs == 86400
        assert not server.is_server
    else:
        http = server.http_config
        assert server.is_server
        assert (http.port, http.startup_timeout, http.unauthenticated) == (8000, 5100, False)
        assert http.exit_grace_period == math.ceil(release.lifecycle.drain) == 25
        assert scaling.target_concurrency_float == 48
        assert server.max_concurrent_inputs == 0


def test_the_parts_that_cost_little_and_the_one_that_compiles(
    tmp_path: Path, plane: ControlPlane
) -> None:
    app = deployed(shipped("b200-fp8-eagle", tmp_path), tmp_path, plane)
    download = definition(app, "download_model")
    assert (download.resources.milli_cpu, download.resources.memory_mb) == (4000, 32768)
    assert download.resources.gpu_config.count == 0
    assert (download.timeout_secs, download.startup_timeout_secs) == (7200, 300)
    assert secrets(plane, download) == [SECRETS["huggingface-secret"]]
    assert volumes(plane, download) == {"/model-cache": ("glm51-model-weights", False)}
    commands = "\n".join(layers(plane, download.image_id))
    assert "python:3.12" in commands
    assert "requests>=2.32,<3" in commands

    compiling = definition(app, "compile_deepgemm")
    gpu = compiling.resources.gpu_config
    assert (gpu.gpu_type, gpu.count) == ("B200", 8)
    assert compiling.image_id == definition(app, "Server.*").image_id
    assert volumes(plane, compiling) == {
        "/model-cache": ("glm51-model-weights", True),
        "/dg-cache": ("glm51-deepgemm-cache", False),
    }
    assert compiling.secret_ids == []

    proof = definition(app, "verify_setup")
    assert proof.resources.gpu_config.count == 0
    assert {read_only for _, read_only in volumes(plane, proof).values()} == {True}


def test_nothing_is_mounted_for_kernels_that_are_not_kept(
    tmp_path: Path, plane: ControlPlane
) -> None:
    release = shipped("b200-fp8-eagle", tmp_path)
    assert release.modal is not None
    without = replace(release, modal=replace(release.modal, kernel_cache=None))
    app = deployed(without, tmp_path, plane)

    for name in ("Server.*", "verify_setup", "compile_deepgemm"):
        mounted = volumes(plane, definition(app, name))
        assert mounted == {"/model-cache": ("glm51-model-weights", True)}, name


def test_only_what_a_container_needs_travels(tmp_path: Path, plane: ControlPlane) -> None:
    release = shipped("b200-fp8-eagle", tmp_path)
    app = deployed(release, tmp_path, plane)
    server = definition(app, "Server.*")
    files = {
        file.filename: plane.state.files[file.sha256_hex]
        for mount_id in server.mount_ids
        for file in plane.state.mounts[mount_id]
    }
    assert files.pop(f"{HOME}/deployer-release.json").read_text("utf-8") == release.to_json()
    assert f"{HOME}/deployer/serve/runtime.py" in files
    assert set(files) == {
        f"{HOME}/deployer/{path.relative_to(PACKAGE).as_posix()}" for path in container_files()
    }
    rooms = {Path(name).parts[3] for name in files}
    assert rooms == {
        "__init__.py", "apply", "behaviour", "codec.py", "credentials.py", "errors.py", "event.py",
        "diagnose", "facts", "files.py", "headers.py", "late.py", "metrics.py", "release.py",
        "secret.py", "serve",
    }  # fmt: skip
    assert {name for name in files if "/facts/" in name} == {
        f"{HOME}/deployer/facts/__init__.py",
        f"{HOME}/deployer/facts/gpus.py",
        f"{HOME}/deployer/facts/models/__init__.py",
        f"{HOME}/deployer/facts/models/nested.py",
        f"{HOME}/deployer/facts/sglang/__init__.py",
        f"{HOME}/deployer/facts/sglang/caches.py",
        f"{HOME}/deployer/facts/sglang/formats.py",
        f"{HOME}/deployer/facts/sglang/routes.py",
        f"{HOME}/deployer/facts/sglang/versions.py",
    }
    assert {name for name in files if "/apply/" in name} == {
        f"{HOME}/deployer/apply/__init__.py",
        f"{HOME}/deployer/apply/modal/__init__.py",
        f"{HOME}/deployer/apply/modal/remote.py",
        f"{HOME}/deployer/apply/modal/shelf.py",
    }


def test_regions_and_a_stated_limit_of_a_server(tmp_path: Path, plane: ControlPlane) -> None:
    text = whole("b200-no-spec")
    text = text.replace(
        "  endpoint: web_server\n",
        "  endpoint: server\n  max_inputs: 96\n  target_inputs: 40\n"
        "  regions: [us-east, us-west]\n",
    )
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    app = deployed(pin(read_release(str(path)), lambda _: COMMIT), tmp_path, plane)
    server = definition(app, "Server")
    assert server.scheduler_placement.regions == ["us-east", "us-west"]
    assert server.max_concurrent_inputs == 96
    assert server.autoscaler_settings.target_concurrency_float == 40


def test_the_same_release_is_the_same_messages(tmp_path: Path, plane: ControlPlane) -> None:
    release = shipped("b200-no-spec", tmp_path)
    app = deployed(release, tmp_path, plane)
    first = {name: definition(app, name) for name in app.functions}
    deployed(release, tmp_path, plane)
    assert {name: _comparable(definition(app, name)) for name in app.functions} == {
        name: _comparable(one) for name, one in first.items()
    }
    assert len(app.versions) == 2


def _comparable(function: api_pb2.Function) -> bytes:
    """Order what the client takes from a set."""
    copied = api_pb2.Function()
    copied.CopyFrom(function)
    copied.mount_ids[:] = sorted(copied.mount_ids)
    return copied.SerializeToString(deterministic=True)


def test_what_the_plane_does_not_know_fails_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_client: None
) -> None:
    del fresh_client
    import modal  # noqa: PLC0415 - the environment first

    plane = ControlPlane(tmp_path)
    plane.__enter__()
    for name, value in plane.variables().items():
        monkeypatch.setenv(name, value)
    queue = modal.Queue.from_name("q", create_if_missing=True)
    with pytest.raises(modal.exception.Error, match="knows no QueueGetOrCreate"):
        queue.hydrate()
    close_client()
    with pytest.raises(AssertionError, match="QueueGetOrCreate"):
        plane.__exit__()
