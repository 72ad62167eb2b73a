"""Every parameter of the section reaches Modal's client, told by the messages that arrive.

Run with the oldest client too (see ``test_oldest_client.py``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from modal_proto import api_pb2

from deployer.check.run import load_checked
from deployer.cli.reading import read_release
from deployer.compile.patching import patch_command
from deployer.finding import Severity
from deployer.plan.diff import diff
from deployer.release import ImageStep, Release
from tests.apply.modal.conftest import make_plane
from tests.apply.modal.test_deploy import definition, deployed, layers
from tests.fakes.modal.plane import ControlPlane
from tests.opened import PATCH, text

pytestmark = pytest.mark.process

SECRETS = {
    "key": {"API_KEY": "canary-of-an-api-key"},
    "aws-bucket": {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"},
    "further": {"ONE": "1", "TWO": "2"},
    "registry": {"REGISTRY_USERNAME": "u", "REGISTRY_PASSWORD": "p"},
    "index": {"PIP_TOKEN": "t"},
}


@pytest.fixture
def plane(
    tmp_path: Path, fresh_client: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ControlPlane]:
    del fresh_client
    yield from make_plane(tmp_path, monkeypatch, SECRETS)


def release(folder: Path, endpoint: str = "web_server", **changes: str) -> Release:
    path = folder / "opened.yaml"
    path.write_text(text(endpoint, **changes), encoding="utf-8")
    return read_release(str(path))


@pytest.mark.parametrize("endpoint", ["web_server", "server"])
def test_all_of_the_section_reaches_the_client(
    endpoint: str, tmp_path: Path, plane: ControlPlane
) -> None:
    made = release(tmp_path, endpoint)
    app = deployed(made, tmp_path, plane)
    assert {k: v for k, v in app.tags.items() if not k.startswith("deployer.")} == {
        "team": "search",
        "cost-center": "42",
    }
    server = definition(app, "Server" if endpoint == "server" else "Server.*")
    resources = server.resources
    assert (resources.milli_cpu, resources.milli_cpu_max) == (24000, 48500)
    assert (resources.memory_mb, resources.memory_mb_max) == (262144, 524288)
    assert resources.ephemeral_disk_mb == 1048576
    assert server.cloud_provider_str == "oci"
    assert list(server.scheduler_placement.regions) == ["us-east", "us-west"]
    scaling = server.autoscaler_settings
    assert (scaling.min_containers, scaling.max_containers, scaling.buffer_containers) == (1, 3, 2)
    assert server.proxy_id == "pr-way-out"
    assert server.i6pn_enabled
    assert server.experimental_options["one"] == "2"
    mounts = {
        m.mount_path: (plane.state.volumes[m.volume_id][0], m.read_only, m.sub_path)
        for m in server.volume_mounts
    }
    assert mounts == {
        "/model-cache": ("weights", True, ""),
        "/dg-cache": ("kernels", True, ""),
        "/templates": ("templates", True, "chat/v1"),
        "/traces": ("traces", False, ""),
    }
    (bucket,) = server.cloud_bucket_mounts
    assert (bucket.bucket_name, bucket.mount_path) == ("prompts", "/prompts")
    assert bucket.bucket_endpoint_url == "https://account.r2.cloudflarestorage.com"
    assert (bucket.key_prefix, bucket.read_only) == ("new/", True)
    assert bucket.requester_pays
    assert bucket.force_path_style
    assert plane.state.secret(bucket.credentials_secret_id) == SECRETS["aws-bucket"]
    assert [plane.state.secret(one) for one in server.secret_ids] == [
        SECRETS["key"],
        SECRETS["further"],
    ]
    asked = {
        (one.deployment_name, tuple(one.required_keys))
        for one in plane.requests("SecretGetOrCreate")
        if one.deployment_name
    }
    assert ("further", ("ONE",)) in asked
    versions = {one.deployment_name: one.version for one in plane.requests("VolumeGetOrCreate")}
    assert versions["weights"] == versions["traces"] == api_pb2.VOLUME_FS_VERSION_V2
    assert versions["kernels"] == versions["templates"] == api_pb2.VOLUME_FS_VERSION_UNSPECIFIED
    if endpoint == "server":
        assert list(server.http_config.proxy_regions) == ["us-west"]
        assert scaling.scaleup_window == 30
        assert not server.http_config.unauthenticated
    else:
        assert server.routing_region == "us-west"
        web = server.method_definitions["serve"].webhook_config
        assert web.requested_suffix == "search"
        assert [one.name for one in web.custom_domains] == ["a.example.com"]
        assert not server.block_network
    kernels = definition(app, "compile_deepgemm").resources
    assert (kernels.milli_cpu, kernels.memory_mb) == (24000, 262144)


def test_each_step_is_a_layer_and_the_registry_gets_its_secret(
    tmp_path: Path, plane: ControlPlane
) -> None:
    app = deployed(release(tmp_path), tmp_path, plane)
    for part in ("Server.*", "compile_deepgemm"):
        commands = layers(plane, definition(app, part).image_id)
        joined = "\n".join(commands)
        order = [
            "FROM lmsysorg/sglang:v0.5.20-cu130",
            "ENTRYPOINT []",
            "apt-get install -y patch git=1:2.39.5-0",
            "pip install",
            "ENV OMP_NUM_THREADS=4",
            "RUN echo one",
            "RUN echo two",
            "https://example.com/fix.patch",
            "base64 -d",
        ]
        assert [joined.index(one) for one in order] == sorted(joined.index(one) for one in order)
        pip = next(one for one in commands if "pip install" in one)
        assert "'mine @ git+https://example.com/mine@" in pip
        assert "--index-url https://pypi.example.com/simple" in pip
        assert "--extra-index-url https://wheels.example.com/simple" in pip
    images = list(plane.state.images.values())
    base = [one for one in images if any("sglang" in c for c in one.dockerfile_commands)]
    assert base
    registry = base[0].image_registry_config
    assert plane.state.secret(registry.secret_id) == SECRETS["registry"]
    built_with = [
        [plane.state.secret(one) for one in image.secret_ids]
        for image in images
        if image.secret_ids
    ]
    assert [SECRETS["index"]] in built_with
    assert [SECRETS["further"]] in built_with


def test_a_change_of_each_step_is_in_the_diff_and_in_the_digest(tmp_path: Path) -> None:
    old = release(tmp_path)
    changes = {
        "git=1:2.39.5-0": "git",
        "flash-linear-attention==0.3.1": "flash-linear-attention==0.3.2",
        'OMP_NUM_THREADS: "4"': 'OMP_NUM_THREADS: "8"',
        "echo two": "echo three",
        "fix.patch": "mend.patch",
        "+new": "+newer",
        "registry_secret: registry": "registry_secret: key",
        "sub_path: chat/v1": "sub_path: chat/v2",
        "key_prefix: new/": "key_prefix: old/",
        'cost-center: "42"': 'cost-center: "43"',
        "i6pn: true": "i6pn: false",
        "variables: [ONE]": "variables: [TWO]",
    }
    for before, after in changes.items():
        new = release(tmp_path, **{before: after})
        assert new.digest() != old.digest(), before
        (explained,) = diff(old, new).changes
        assert explained.consequences[0].reason
        assert explained.help, explained.change.what
        assert Release.from_json(new.to_json()) == new


def test_nothing_is_wrong_with_all_of_it() -> None:
    for endpoint in ("web_server", "server"):
        _, found = load_checked(text(endpoint), "opened.yaml")
        assert [one for one in found if one.severity is Severity.ERROR] == [], endpoint


@pytest.mark.skipif(not shutil.which("patch"), reason="patch is not installed")
@pytest.mark.parametrize("source", ["text", "url"])
def test_the_patch_is_held_to_its_hash_and_fits_or_fails(source: str, tmp_path: Path) -> None:
    """The command itself, run by a shell as a build runs it."""
    step = _step(source, tmp_path, PATCH)
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "notes.txt").write_text("old\n", encoding="utf-8")
    assert _run(step, folder).returncode == 0
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "new\n"
    assert _run(step, folder).returncode != 0  # it is applied already

    (folder / "notes.txt").write_text("old\n", encoding="utf-8")
    wrong = ImageStep("patch", step.words, sha256="0" * 64, text=step.text)
    ran = _run(wrong, folder)
    assert ran.returncode != 0
    assert "FAILED" in ran.stdout
    assert (folder / "notes.txt").read_text(encoding="utf-8") == "old\n"


def _step(source: str, folder: Path, patch: str) -> ImageStep:
    if source == "text":
        path = folder / "one.yaml"
        path.write_text(text(), encoding="utf-8")
        step = read_release(str(path)).engine.image_steps[-1]
        assert step.text == patch
        return step
    from hashlib import sha256  # noqa: PLC0415 - for this one

    file = folder / "fix.patch"
    file.write_text(patch, encoding="utf-8")
    words = ("/code", "1", file.as_uri())
    return ImageStep("patch", words, sha256=sha256(patch.encode()).hexdigest())


def _run(step: ImageStep, folder: Path) -> subprocess.CompletedProcess[str]:
    here = ImageStep(step.kind, (str(folder), *step.words[1:]), sha256=step.sha256, text=step.text)
    fetched = folder.parent / "fetched.patch"
    command = patch_command(here).replace("/tmp/deployer.patch", str(fetched))  # noqa: S108
    python = folder.parent / "bin" / "python3"  # an image has it, a machine may not
    if not python.exists():
        python.parent.mkdir()
        python.symlink_to(sys.executable)
    return subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}"},
    )


def test_cpu_and_memory_follow_from_gpus_and_model(tmp_path: Path, plane: ControlPlane) -> None:
    made = release(
        tmp_path,
        **{
            "  cpu: 24\n  cpu_limit: 48.5\n  memory: 262144\n  memory_limit: 524288\n": "",
        },
    )
    app = deployed(made, tmp_path, plane)
    resources = definition(app, "Server.*").resources
    # A process for each of 8 GPUs and 3 more, with 1 GiB each; each of the 8 reads 5 GB at a time.
    assert (resources.milli_cpu, resources.milli_cpu_max) == (11000, 0)
    assert (resources.memory_mb, resources.memory_mb_max) == (49 * 1024, 0)
