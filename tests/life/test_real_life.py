"""The whole life on the real engine, as a user lives it: every step is the command line.

The tests of this file run in its order, on one server after another. What restarts by itself, and
the end of a server that serves, are in :mod:`tests.life.test_real_hang`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from deployer.release import TOLD_BY
from deployer.serve.processes import all_processes as every
from deployer.serve.processes import title
from tests.life.living import Life
from tests.processes import title_of

pytestmark = [
    pytest.mark.engine,
]

LONG = "Count from 1 to 200."


def test_apply_leaves_a_verified_server(
    life: Life, applied: subprocess.CompletedProcess[str]
) -> None:
    ran = applied
    assert (
        "cpu-tiny serves, and keeps each promise that could be seen; 3 could not be" in ran.stdout
    )
    assert "seen: tool-choice, tool-pair, long-prompt" in ran.stdout
    assert f"http://127.0.0.1:{life.port}/v1" in ran.stdout
    assert life.key() not in ran.stdout
    assert f"`cat {life.state / 'api-key'}` prints it" in ran.stdout
    assert "deployer destroy cpu-tiny" in ran.stdout
    assert re.search(r"says +\S", ran.stdout)
    assert "31 passed, 2 skipped, 3 unseen" in ran.stderr
    for what_so_small_a_model_cannot_show in (
        "not seen: the model came to no call within 512 tokens where one is required",
        "not seen: the model made 1 call where two were asked for",
        "skipped: the profile does not turn deterministic inference on",
        "not seen: the model does not find two numbers in a short text",
        "skipped: the profile asks for no token in front of the server",
    ):
        assert what_so_small_a_model_cannot_show in ran.stderr
    for kind in ("chat", "no_thinking", "long_context", "tools"):
        assert re.search(rf"warmup +.*{kind}", ran.stderr), ran.stderr
    assert life.key() not in ran.stderr


def test_curl_with_the_printed_key_gets_an_answer(life: Life) -> None:
    body = json.dumps(
        {"model": "glm-tiny", "messages": [{"role": "user", "content": "Say hello."}]}
    )
    url = f"http://127.0.0.1:{life.port}/v1/chat/completions"
    curl = ["curl", "-sS", "-m", "240", url, "-H", "Content-Type: application/json", "-d", body]
    answer = subprocess.run(
        [*curl, "-H", f"Authorization: Bearer {life.key()}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    refused = subprocess.run(curl, capture_output=True, text=True, check=True).stdout

    message = json.loads(answer)["choices"][0]["message"]
    assert message["content"].strip()
    assert message["reasoning_content"].strip()
    assert "invalid_api_key" in refused


def test_the_key_is_in_no_argument_and_in_no_file_but_its_own(life: Life) -> None:
    key = life.key().encode()
    pids = life.processes()

    assert len(pids) >= 4, "supervisor, engine, scheduler, detokenizer"
    for pid in pids:
        assert key not in Path(f"/proc/{pid}/cmdline").read_bytes()
    for file in life.state.rglob("*"):
        if file.is_file() and file.name != "api-key":
            assert key not in file.read_bytes(), file
    assert "server_args=" in (life.state / "engine.log").read_text(), "where SGLang prints it"
    assert (life.state / "api-key").stat().st_mode & 0o777 == 0o600


def test_applying_the_same_again_does_nothing(life: Life) -> None:
    before = life.status()["pid"]
    ran = life.deployer("apply", str(life.profile))

    assert "(unchanged" in ran.stdout
    assert life.status()["pid"] == before


def test_status_and_logs_tell(life: Life) -> None:
    assert (life.status()["state"], life.status()["recorded"]["verified"]) == (
        "serving",
        True,
    )
    shown = life.deployer("logs", "cpu-tiny").stdout.splitlines()
    whole = (life.state / "engine.log").read_text(encoding="utf-8")
    assert "The server is fired up" in whole
    assert shown[-1] in whole


def test_verify_by_url_with_the_key_from_the_environment(life: Life) -> None:
    life.environ["API_KEY"] = life.key()
    ran = life.deployer("verify", "--url", f"http://127.0.0.1:{life.port}")
    life.environ["API_KEY"] = "wrong-key-wrong-key-wrong"
    wrong = life.deployer("verify", "--url", f"http://127.0.0.1:{life.port}", code=1)
    del life.environ["API_KEY"]

    assert "28 passed, 4 skipped, 3 unseen" in ran.stdout
    assert "401" in wrong.stdout


def test_what_is_not_on_the_list_is_not_there_and_the_release_is_told(life: Life) -> None:
    key = {"Authorization": f"Bearer {life.key()}"}
    for path in ("/server_info", "/flush_cache", "/health_generate", "/get_model_info", "/docs"):
        found = requests.get(f"http://127.0.0.1:{life.port}{path}", headers=key, timeout=250)
        assert (found.status_code, found.json()["error"]["code"]) == (404, "not_found")
    answer = requests.get(f"http://127.0.0.1:{life.port}/v1/models", headers=key, timeout=250)
    assert (answer.status_code, answer.headers[TOLD_BY]) == (200, life.status()["digest"][:12])


def test_a_killed_engine_is_seen_at_once(life: Life) -> None:
    detokenizer = titled(life, "sglang::detokenizer")
    killed = time.time()
    os.kill(detokenizer, signal.SIGKILL)
    wait_until(lambda: life.events()[-1]["phase"] == "ended", 240)
    last = life.events()[-1]

    assert last["state"] == "failed"
    assert last["time"] - killed < 30, "SGLang itself takes 66 s"
    assert "detoken" in last["message"]
    wait_until(lambda: not life.processes(), 240)
    assert life.status()["state"] == "failed"
    assert life.deployer("status", "cpu-tiny", code=1).stdout


def test_a_failed_server_is_started_again_as_its_profile_says_by_now(life: Life) -> None:
    """That a server that runs is replaced is seen in `test_gate.py`: each start costs a minute."""
    failed = life.status()["digest"]
    text = life.profile.read_text(encoding="utf-8")
    life.profile.write_text(text.replace("max_running_requests: 48", "max_running_requests: 16"))
    ran = life.deployer("apply", str(life.profile), "--no-verify")

    assert "What changes in cpu-tiny:\n  ~ --max-running-requests  48 -> 16" in ran.stderr
    assert life.status()["digest"] != failed
    words = " ".join(title(each) for each in every().values())
    assert "--max-running-requests 16" in words


def test_sigterm_lets_a_stream_finish(life: Life) -> None:
    supervisor = life.status()["pid"]
    chunks: list[Any] = []
    first = threading.Event()

    def ask() -> None:
        stream = life.client().chat.completions.create(
            model="glm-tiny",
            messages=[{"role": "user", "content": LONG}],
            stream=True,
            temperature=0,
            max_tokens=3000,
            extra_body={"ignore_eos": True},
        )
        for chunk in stream:
            chunks.append((time.monotonic(), chunk))
            first.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert first.wait(250)
    told = time.monotonic()
    os.kill(supervisor, signal.SIGTERM)
    asking.join(250)

    assert not asking.is_alive()
    assert chunks[-1][0] > told, "the stream was still running when the end was asked for"
    assert chunks[-1][1].choices[0].finish_reason in {"stop", "length"}
    wait_until(lambda: life.status()["state"] == "stopped", 240)
    assert [e for e in life.events() if e["phase"] == "drain"]
    assert not life.processes()
    assert port_is_free(life.port)


def test_destroy_of_what_has_ended_leaves_no_file(life: Life) -> None:
    ran = life.deployer("destroy", str(life.profile))

    assert "`cpu-tiny` is gone" in ran.stdout
    assert not life.state.exists() or not any(p.name != "lock" for p in life.state.iterdir())
    told = life.deployer("status", "--offline", code=1).stdout
    assert "Nothing is on record on this machine." in told
    told = life.deployer("destroy", str(life.profile), code=2).stderr
    assert "there is no deployment named `cpu-tiny` on record on this machine" in told


def wait_until(holds: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def titled(life: Life, title: str) -> int:
    for pid in life.processes():
        if title in title_of(pid):
            return pid
    pytest.fail(f"no process is called {title}")


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
