"""An account with more in it than anybody deploys in an afternoon: versions of an app, and apps."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from modal_proto import api_pb2

from deployer.apply.modal.records import VOLUME
from deployer.apply.modal.tags import app_tags, short_digest
from tests.fakes.modal.state import App, identity

if TYPE_CHECKING:
    from deployer.release import Release
    from tests.fakes.modal.plane import ControlPlane
    from tests.fakes.modal.state import State


def put(state: State, name: str, release: Release, environment: str = "main") -> None:
    """Put a release onto the volume of all that was deployed, as a file."""
    volume = identity("vo", VOLUME, environment)
    if volume not in state.volumes:
        state.volumes[volume] = (VOLUME, environment)
        state.volume_versions[volume] = api_pb2.VOLUME_FS_VERSION_V1
    file = state.volume(volume) / name / f"{short_digest(release)}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(release.to_json(), encoding="utf-8")


def deploy(plane: ControlPlane, release: Release, name: str, environment: str = "main") -> App:
    """Add a deployed app with one version; a function is not needed to be listed."""
    parameters = release.modal
    assert parameters
    release = replace(release, name=name, modal=replace(parameters, app=name))
    app = App(identity("ap", name), name, environment, api_pb2.APP_STATE_DEPLOYED, time.time())
    app.tags = app_tags(release, number=1)
    plane.state.apps[app.id] = app
    plane._add_version(app, short_digest(release), api_pb2.CommitInfo())
    put(plane.state, name, release, environment)
    return app


def deploy_often(plane: ControlPlane, release: Release, name: str, times: int) -> App:
    """Add a deployed app with so many versions, each of which changes one variable."""
    app = deploy(plane, release, name)
    for number in range(2, times + 1):
        last = replace(release.environment[-1], value=str(number))
        each = replace(release, environment=(*release.environment[:-1], last))
        put(plane.state, name, each)
        plane._add_version(app, short_digest(each), api_pb2.CommitInfo())
    app.tags["deployer.number"] = str(times)
    return app
