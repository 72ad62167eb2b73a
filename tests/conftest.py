"""What tests of several rooms share."""

from __future__ import annotations

import gc
import itertools
import os
import re
import socketserver
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from deployer.engine.install import EngineEnvironment, install
from tests.volume import EXAMPLES, VOLUME

for name, examples in EXAMPLES.items():
    settings.register_profile(
        name,
        max_examples=examples,
        # A law holds however slow the machine is.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        # The same examples each time, so that a change is what makes a test fail; new ones are
        # looked for where there is the time for it.
        derandomize=name != "thorough",
        print_blob=True,
    )
settings.load_profile(VOLUME)

gc.set_threshold(50_000)
"""Allocations between two collections. Little of what pytest and the rooms import is garbage."""

os.environ["DEPLOYER_CATALOGUES"] = "nowhere"
"""What releases are known is read once a process: whoever runs the tests may have added some."""

# Modal's client reads its file when it is imported: no test may find the account of the person
# who runs it.
os.environ["MODAL_CONFIG_PATH"] = os.devnull

# As many connections as uvicorn lets wait until they are taken. With the standard library's 5, some
# of those that come together are reset on a busy machine.
socketserver.TCPServer.request_queue_size = 2048


UNSET = (
    *("API_KEY", "NO_COLOR", "COLUMNS"),
    *("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET", "MODAL_PROFILE", "MODAL_ENVIRONMENT"),
)
"""What the person who runs the tests may have set, and no test is to find."""

BASE: list[str] = []
"""The folder of the tests that run, once one of them has."""

NUMBERS = itertools.count()

MARKS = ("engine", "process", "wheels")

MARKED = re.compile(
    r"^pytestmark = (?:\[\n?\s*)?pytest\.mark\.(engine|process|wheels)\b", re.MULTILINE
)
"""A file whose tests are all of one stage."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no file of which no test would run: the clients of Modal and OpenAI take seconds."""
    words = str(config.option.markexpr).split(" and ")
    if collection_path.suffix != ".py" or any(" or " in word for word in words):
        return None
    text = collection_path.read_text(encoding="utf-8")
    marked = MARKED.search(text)
    wanted = [word for word in words if word in MARKS]
    if marked and f"not {marked[1]}" in words:
        return True
    return True if any(f"mark.{word}" not in text for word in wanted) else None


def pytest_collection_finish() -> None:
    """Take what is there for good out of what the collector goes through, again and again.

    Hypothesis asks the collector, before its first example, who holds its generator of chance.
    From Python 3.14 on that is something which is no longer looked through then.
    """
    given(strategies.none())(lambda _: None)()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def engine_environment() -> EngineEnvironment:
    """Give the real engine's environment, installed if need be (a minute, once a machine)."""
    return install("0.5.23", progress=lambda _text, _fraction: None)


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep every test away from the state of the person who runs it.

    Without `monkeypatch`, which costs as much again: this is done for each test.
    """
    # Not made here: most tests keep nothing, and five thousand folders take seconds.
    BASE[:] = [f"{tmp_path_factory.getbasetemp()}{os.sep}"]
    os.environ["XDG_STATE_HOME"] = f"{BASE[0]}state-{next(NUMBERS)}"
    for name in UNSET:
        os.environ.pop(name, None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """See where a test kept its state, before what it patched is back."""
    state = os.environ.get("XDG_STATE_HOME", "/")
    yield
    assert not BASE or state.startswith(BASE[0]), "a test left the state of tests"
