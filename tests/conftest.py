"""What tests of several rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from deployer.engine.install import EngineEnvironment, install


@pytest.fixture(scope="session")
def engine_environment() -> EngineEnvironment:
    """Give the real engine's environment, installed if need be (a minute, once a machine)."""
    return install("0.5.23", progress=lambda _text, _fraction: None)


@pytest.fixture(autouse=True)
def own_state(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Keep every test away from the state of the person who runs it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.delenv("API_KEY", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    yield
    assert os.environ  # the environment is put back by monkeypatch
