"""The whole life on the real engine, as a user lives it: every step is the command line.

The tests of this file run in its order, on the server that others have asked before. How servers
end is in :mod:`tests.life.test_real_life_ends`.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import requests

from deployer.headers import TOLD_BY
from tests.life.living import Life

pytestmark = [pytest.mark.engine]


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


def test_its_processes_are_copies_of_the_one_that_has_imported_everything(life: Life) -> None:
    """What the kernel hands to a program (auxv) differs between starts, and a fork keeps it."""
    parent, *others = (
        Path(f"/proc/{life.process(name)}/auxv").read_bytes()
        for name in ("parent", "scheduler", "detokenizer")
    )
    supervisor = Path(f"/proc/{life.status()['pid']}/auxv").read_bytes()
    assert others == [parent, parent]
    assert supervisor != parent


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
    """A few promises: `apply` has seen to all of them."""
    few = [word for name in ("auth", "chat", "tools") for word in ("--probe", name)]
    life.environ["API_KEY"] = life.key()
    ran = life.deployer("verify", "--url", f"http://127.0.0.1:{life.port}", *few)
    life.environ["API_KEY"] = "wrong-key-wrong-key-wrong"
    wrong = life.deployer("verify", "--url", f"http://127.0.0.1:{life.port}", *few, code=1)
    del life.environ["API_KEY"]

    assert "3 passed" in ran.stdout
    assert "401" in wrong.stdout


def test_what_is_not_on_the_list_is_not_there_and_the_release_is_told(life: Life) -> None:
    key = {"Authorization": f"Bearer {life.key()}"}
    for path in ("/server_info", "/flush_cache", "/health_generate", "/get_model_info", "/docs"):
        found = requests.get(f"http://127.0.0.1:{life.port}{path}", headers=key, timeout=250)
        assert (found.status_code, found.json()["error"]["code"]) == (404, "not_found")
    answer = requests.get(f"http://127.0.0.1:{life.port}/v1/models", headers=key, timeout=250)
    assert (answer.status_code, answer.headers[TOLD_BY]) == (200, life.status()["digest"][:12])
