"""Who is let in: Modal's proxy token before a container starts, the server's key behind it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from deployer.apply.modal.drift import told_release
from deployer.apply.modal.private import Private
from deployer.apply.modal.proxy_token import ID, SECRET, find_token
from deployer.apply.modal.records import Records
from deployer.cli.apply_modal import credentials_of
from deployer.errors import Failure
from deployer.report.calls import curl, openai_sdk
from tests.apply.modal.conftest import KEY, World
from tests.apply.modal.test_life import deployed
from tests.fakes.modal.interpreters import langchain

pytestmark = pytest.mark.process

TOKEN_ID, TOKEN_SECRET = "wk-canaryCanaryCanary000001", "ws-canaryCanaryCanary000002"
TOKEN = {"Modal-Key": TOKEN_ID, "Modal-Secret": TOKEN_SECRET}
STRANGERS: dict[str, dict[str, str]] = {
    "nothing": {},
    "the API key alone": {"Authorization": f"Bearer {KEY}"},
    "a wrong secret": {**TOKEN, "Modal-Secret": "ws-wrong"},
    "half a token": {"Modal-Key": TOKEN_ID},
    "the token as the key": {"Authorization": f"Bearer {TOKEN_ID}.{TOKEN_SECRET}"},
}
PATHS = ("/wp-login.php", "/health", "/v1/models", "/v1/chat/completions")


@pytest.fixture
def containers(containers: World) -> World:
    """Give them with the weights there already: what is tested here comes after the download."""
    containers.stock()
    return containers


def protected(world: World, endpoint: str = "web_server", auth: str = "both") -> str:
    """Deploy with a proxy token asked for; gives the server's address. No container runs."""
    world.plane.state.proxy_tokens[TOKEN_ID] = TOKEN_SECRET
    changed = f"  endpoint: {endpoint}\n  auth: {auth}"
    deployed(world, world.profile(endpoint=changed))
    for made in Private("", os.environ).token_files:  # by that apply, for nobody had one
        made.unlink()
    record = Records().record("tiny-app", "")
    assert record is not None
    return record.url


def started(world: World) -> int:
    """Count the containers of the server that there ever were."""
    servers = world.plane.app("tiny-app").functions
    return sum(task.function_id in servers.values() for task in world.plane.worker.tasks.values())


def token_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ID, TOKEN_ID)
    monkeypatch.setenv(SECRET, TOKEN_SECRET)


@pytest.mark.parametrize("endpoint", ["web_server", "server"])
def test_strangers_start_nothing(containers: World, endpoint: str) -> None:
    world = containers
    url = protected(world, endpoint)
    for shown, headers in STRANGERS.items():
        for path in PATHS:
            for method in ("GET", "POST"):
                answer = requests.request(method, f"{url}{path}", headers=headers, timeout=120)
                assert answer.status_code == 401, (shown, path)
                assert "X-Deployer-Release" not in answer.headers
    assert started(world) == 0


def test_every_verb_sends_the_token_and_every_documented_client_does(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    url = protected(world)
    path = world.profile(endpoint="  endpoint: web_server\n  auth: both")

    for verb in ("verify", "top"):
        code, out, err = world.run(verb, "tiny")
        assert (code, out) == (1, "")
        assert "Modal asks for a proxy token in front of `tiny`, and none is here" in err
    assert started(world) == 0

    token_here(monkeypatch)
    probes = ("health", "stranger", "release")
    words = [word for probe in probes for word in ("--probe", probe)]
    code, out, err = world.run("verify", "tiny", *words)
    assert code == 0, out + err
    assert "turned away: no token, a wrong token, the API key alone" in out
    assert started(world) == 1
    code, out, err = world.run("drift", path)
    assert code == 0, out + err
    code, out, err = world.run("apply", path)
    assert "it answered /health" in out, err
    code, out, err = world.run("top", "tiny", "--once", "--every", "0.2")
    assert code == 0, err

    monkeypatch.delenv(ID)
    monkeypatch.delenv(SECRET)
    code, out, err = world.run("drift", path)
    assert code == 1
    assert "not asked for its release: Modal asks for a proxy token" in out
    code, out, err = world.run("apply", path)
    assert "the server was not asked: Modal asks for a proxy token" in out

    release = Records().release(str(world.plane.app("tiny-app").tags["deployer.release"]))
    assert release is not None
    documented = dict(_documented(url))
    shown = credentials_of(release)
    assert set(documented) == {"sh", "openai", "langchain_openai"}
    if has_curl := shutil.which("curl") is not None:
        assert _answered("sh", curl(url, "glm-tiny", shown))
        assert _answered("sh", documented["sh"])
    assert _answered("python", openai_sdk(url, "glm-tiny", shown))
    assert _answered("python", documented["openai"])
    assert _answered("langchain", documented["langchain_openai"])
    with pytest.raises(Failure, match="401"):
        told_release(url, {})
    for text in (*world.said, *(line for t in world.plane.worker.tasks.values() for line in t.log)):
        assert TOKEN_SECRET not in text
    if not has_curl:
        pytest.skip("curl is not installed: every other client answered")


def _documented(url: str) -> list[tuple[str, str]]:
    """Give the clients of the page, by what they import, as somebody would have filled them in."""
    page = Path("docs/modal.md").read_text(encoding="utf-8")
    section = page.partition("## Who is let in")[2].partition("\n## ")[0]
    found = []
    for kind, text in re.findall(r"```(python|sh)\n(.*?)```", section, re.DOTALL):
        filled = text.replace("https://example--glm51-server.modal.run", url)
        filled = filled.replace('"glm-5.1"', '"glm-tiny"')
        assert filled.count(url) == 1
        imported = re.findall(r"^from (\w+) import", text, re.MULTILINE)
        found.append((imported[-1] if imported else kind, filled))
    return found


def _answered(how: str, program: str) -> str:
    """Run a client in an environment that holds what the page says, and no more of ours."""
    python = {"python": sys.executable, "langchain": str(langchain())} if how != "sh" else {}
    words = ["sh", "-euc", program] if how == "sh" else [python[how], "-c", program]
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "API_KEY": KEY}
    environ |= {ID: TOKEN_ID, SECRET: TOKEN_SECRET}
    ran = subprocess.run(
        words, capture_output=True, text=True, env=environ, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "error" not in ran.stdout.lower(), ran.stdout
    return ran.stdout.strip()


def test_a_token_of_the_account_is_never_taken_for_one() -> None:
    with pytest.raises(Failure, match="sent to no server"):
        find_token("", {ID: "ak-account", SECRET: "ws-x"})
    with pytest.raises(Failure, match="half of the proxy token is missing"):
        find_token("", {ID: "wk-x"})


def test_apply_says_that_the_token_is_missing_before_anything_is_spent(containers: World) -> None:
    world = containers
    path = world.profile(endpoint="  endpoint: web_server\n  auth: both")
    code, _, err = world.run("apply", path)
    assert code == 1
    assert "Modal asks for a proxy token" in err
    assert not world.plane.requests("AppCreate")
