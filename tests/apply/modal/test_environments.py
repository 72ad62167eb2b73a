"""One profile in two environments of Modal: nothing in common but weights, which are only read."""

from __future__ import annotations

from pathlib import Path

import pytest
from modal_proto import api_pb2

from deployer.apply.modal.app import build_app
from deployer.apply.modal.markers import volume_folder
from deployer.cli.reading import read_checked
from deployer.profile.layers import Layered
from deployer.release import Release
from deployer.serve.weights.manifest import SHA256, HubFile, Manifest
from deployer.serve.weights.marker import MARKER, Complete
from tests.apply.modal.conftest import World
from tests.fakes.modal.state import identity

pytestmark = pytest.mark.process

COMMIT = "0123456789abcdef0123456789abcdef01234567"
STAGING = """\
environments:
  staging:
    modal:
      weights: {environment: main}
"""


def released(profile: str, environment: str) -> Release:
    text = Layered(Path(profile).read_text(encoding="utf-8"), environment=environment)
    case = read_checked(profile, content=text).case
    assert case is not None
    return case.release


def mounts(world: World, function: api_pb2.Function) -> dict[str, tuple[str, str, bool]]:
    volumes = world.plane.state.volumes
    return {
        mount.mount_path.rpartition("/")[2]: (*volumes[mount.volume_id], mount.read_only)
        for mount in function.volume_mounts
    }


def put_weights(world: World, release: Release) -> None:
    """Let a complete download lie on the volume of `main`."""
    assert release.modal is not None
    volume_id = identity("vo", "weights", "main")
    state = world.plane.state
    state.volumes[volume_id] = ("weights", "main")
    state.volume_versions[volume_id] = api_pb2.VOLUME_FS_VERSION_V1
    folder = state.volume(volume_id) / volume_folder(release.model, release.modal.weights)
    marker = folder / MARKER
    marker.parent.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"0" * 64)
    files = (HubFile("model.safetensors", 64, SHA256, "0" * 64),)
    complete = Complete.of(Manifest("example/tiny", COMMIT, files), 0.0)
    marker.write_text(complete.to_json(), encoding="utf-8")


def test_staging_shares_no_secret_and_no_cache_and_only_reads_the_weights(world: World) -> None:
    state = world.plane.state
    state.environments.add("staging")
    for name in ("tiny-api-key", "huggingface-secret"):
        state.secrets[(name, "staging")] = dict.fromkeys(state.secrets[(name, "main")], "other")
    profile = world.profile(revision=f"  revision: {COMMIT}")
    path = Path(profile)
    path.write_text(path.read_text(encoding="utf-8") + STAGING, encoding="utf-8")

    code, _, err = world.run("plan", profile, "--environment", "staging")
    assert code == 1
    assert "those of the environment main, which are only read here" in err
    assert "no complete download is on `weights`" in err

    put_weights(world, released(profile, ""))
    code, out, err = world.run("plan", profile, "--environment", "staging")
    assert code == 0, err
    assert "complete since" in out
    assert "no complete download" not in out

    servers = {}
    for environment in ("", "staging"):
        release = released(profile, environment)
        file = world.folder / f"release{environment}.json"
        file.write_text(release.to_json(), encoding="utf-8")
        build_app(release, file).app.deploy(environment_name=environment or "main")
        (app,) = (a for a in state.apps.values() if a.environment == (environment or "main"))
        servers[environment] = {
            name: app.definitions[app.functions[name]]
            for name in ("Server.*", "download_model", "compile_deepgemm", "verify_setup")
        }
    live, staging = servers[""], servers["staging"]
    weights = {name: mounts(world, each).get("weights") for name, each in staging.items()}
    assert set(weights.values()) == {("weights", "main", True)}, "and every container only reads"
    assert mounts(world, live["download_model"])["weights"] == ("weights", "main", False)
    assert mounts(world, live["Server.*"])["kernels"] == ("kernels", "main", True)
    assert mounts(world, staging["Server.*"])["kernels"] == ("kernels", "staging", True)
    assert mounts(world, staging["compile_deepgemm"])["kernels"] == ("kernels", "staging", False)
    for name in ("Server.*", "download_model"):
        assert live[name].secret_ids
        assert not set(live[name].secret_ids) & set(staging[name].secret_ids)
