"""The ejected script tells Modal's own client what an apply tells it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from modal_proto import api_pb2

from deployer.eject.eject import eject
from deployer.eject.left import MODAL
from tests.apply.modal.conftest import make_plane
from tests.apply.modal.test_deploy import definition, deployed
from tests.apply.modal.test_section import release
from tests.fakes.modal.plane import ControlPlane

pytestmark = pytest.mark.process


@pytest.fixture
def plane(
    tmp_path: Path, fresh_client: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ControlPlane]:
    from tests.apply.modal.test_section import SECRETS  # noqa: PLC0415 - as its own fixture

    del fresh_client
    yield from make_plane(tmp_path, monkeypatch, SECRETS)


def told(plane: ControlPlane, function: api_pb2.Function) -> dict[str, Any]:
    """Give what Modal is told of a server, with names in the place of what only one plane knows."""
    method = function.method_definitions["serve"].webhook_config
    return {
        "resources": function.resources,
        "scaling": function.autoscaler_settings,
        "inputs": (function.max_concurrent_inputs, function.target_concurrent_inputs),
        "times": (function.timeout_secs, function.startup_timeout_secs),
        "placement": (function.scheduler_placement, function.cloud_provider_str),
        "routing": (function.routing_region, function.proxy_id, function.i6pn_enabled),
        "volumes": sorted(
            (one.mount_path, plane.state.volumes[one.volume_id][0], one.read_only, one.sub_path)
            for one in function.volume_mounts
        ),
        "buckets": [
            (one.bucket_name, one.mount_path, one.key_prefix, one.bucket_endpoint_url,
             one.read_only, one.requester_pays, one.force_path_style,
             plane.state.secret(one.credentials_secret_id))
            for one in function.cloud_bucket_mounts
        ],
        "secrets": [plane.state.secret(one) for one in function.secret_ids],
        "experiments": dict(function.experimental_options),
        "http": function.http_config,
        "web": (method.web_server_port, method.requires_proxy_auth, method.requested_suffix,
                [one.name for one in method.custom_domains]),
    }  # fmt: skip


@pytest.mark.parametrize("endpoint", ["web_server", "server"])
def test_the_script_tells_modal_what_an_apply_tells_it(
    endpoint: str, tmp_path: Path, plane: ControlPlane
) -> None:
    made = release(tmp_path, endpoint)
    name = "Server" if endpoint == "server" else "Server.*"
    app = deployed(made, tmp_path, plane)
    ours, tags = told(plane, definition(app, name)), dict(app.tags)

    script = tmp_path / f"ejected_{endpoint}.py"
    script.write_text(eject(made, MODAL).text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(script.stem, script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[script.stem] = module
    spec.loader.exec_module(module)
    module.app.deploy()
    app = plane.app(made.modal.app if made.modal is not None else "")

    assert told(plane, definition(app, name)) == ours
    assert dict(app.tags) == {k: v for k, v in tags.items() if not k.startswith("deployer.")}
    del sys.modules[script.stem]
