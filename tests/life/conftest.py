"""The server that the tests of this folder share: a start takes ten seconds of CPU."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.engine.install import EngineEnvironment
from deployer.serve.key import PREFIX, SUFFIX
from tests.life.living import BUDGET, Life
from tests.ports import free_port

OURS = {
    "startup_timeout: 300": "startup_timeout: 1500",
    "warmup_timeout: 60": "warmup_timeout: 600",
    # One more in a row than is usual: three are stopped here, and one is killed.
    "drain_timeout: 60": f"drain_timeout: 600\n  restarts: 4\n  hang_timeout: {BUDGET}",
    # A probe fills the context with one prompt, which takes time by the square of its size, and
    # which is to be read in two pieces.
    "served_name: glm-tiny": "served_name: glm-tiny\n  context_length: 3072",
    "max_running_requests: 48": "max_running_requests: 48\n  chunked_prefill_size: 2048",
}
"""As long as the engine may take on a machine that does much else, and what it does not have to."""


@pytest.fixture(scope="package")
def life(
    engine_environment: EngineEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Life]:
    del engine_environment  # installed is all that it has to be
    root = tmp_path_factory.mktemp("life")
    port = free_port()
    text = Path("profiles/cpu-tiny.yaml").read_text(encoding="utf-8")
    profile = root / "cpu-tiny.yaml"
    for line, ours in {"port: 8000": f"port: {port}", **OURS}.items():
        assert line in text
        text = text.replace(line, ours)
    profile.write_text(text, encoding="utf-8")
    environ = {k: v for k, v in os.environ.items() if k != "API_KEY"}
    environ["XDG_STATE_HOME"] = str(root / "state")
    made = Life(profile, port, environ, root / "state" / "deployer" / "local" / "cpu-tiny")
    yield made
    words = [sys.executable, "-m", "deployer", "destroy", str(profile)]
    subprocess.run(words, env=environ, timeout=1500, check=False)  # the last test may have done it
    assert not made.processes()


@pytest.fixture(scope="package")
def applied(life: Life) -> subprocess.CompletedProcess[str]:
    """Start the server, once; gives what `deployer apply` said."""
    over = threading.Event()
    looking = threading.Thread(target=_note_engine_keys, args=(life, over))
    looking.start()
    try:
        return life.deployer("apply", str(life.profile), "--yes")
    finally:
        over.set()
        looking.join()


def _note_engine_keys(life: Life, over: threading.Event) -> None:
    """Keep the keys that the engine gets: they lie in a file for as long as it loads."""
    while not (life.engine_keys or over.is_set()):
        time.sleep(0.02)
        for path in life.state.glob(f"{PREFIX}*{SUFFIX}"):
            with contextlib.suppress(OSError):
                found = re.findall(r'^(?:admin-)?api-key: "(.+)"$', path.read_text(), re.MULTILINE)
                life.engine_keys = found if len(found) == 2 else []
