"""`deployer init`: a profile from a name, as the hub and the registry answer; nobody to answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from deployer.cli import examples
from deployer.facts.sglang.catalogue import load
from deployer.lock.lock import from_json
from tests.fakes.hub.server import COMMIT
from tests.listening import listening
from tests.lock.locking import Place

pytestmark = pytest.mark.process


def begun(place: Place, gpu: str, *more: str) -> tuple[int, dict[str, object], str]:
    image = place.registry.image("v0.5.23")
    words = ["init", "--model", place.hub.repo, "--gpu", gpu, "--target", "modal", "--image", image]
    code, out, err = place.run(*words, *more)
    return code, yaml.safe_load(out), err


def test_a_profile_of_a_model_is_clean_and_locked(place: Place) -> None:
    code, _, err = begun(place, "H100", "-o", "own.yaml")
    text = Path("own.yaml").read_text("utf-8")
    profile = yaml.safe_load(text)

    assert code == 0, err
    assert profile["model"]["revision"] == COMMIT
    assert from_json(place.lock().read_text("utf-8")).of("model") is not None
    assert place.run("check", "--strict", "own.yaml")[0] == 0
    reasons = [line for line in text.splitlines() if line.strip().startswith("#")]
    assert len(reasons) > 8
    assert "GiB are weights" in text


@pytest.mark.parametrize(("gpu", "count"), [("H200", 1), ("H100", 2), ("L40S", 2), ("L4", 8)])
def test_the_fewest_gpus_that_hold_the_model_are_taken(place: Place, gpu: str, count: int) -> None:
    code, profile, err = begun(place, gpu)

    assert code == 0, err
    assert profile["hardware"] == {"gpu": gpu, "count": count}
    assert profile["parallel"] == {"tp": count}


def test_a_model_that_fits_nowhere_is_refused_with_the_reason(place: Place) -> None:
    place.config(num_hidden_layers=640)
    code, _, err = begun(place, "L4", "--count", "1")

    assert code == 1
    assert "fits on no" in err
    assert "GPU" in err


def test_without_a_terminal_the_missing_option_is_named(place: Place) -> None:
    code, out, err = place.run("init", "--gpu", "H100", "--target", "modal")

    assert (code, out) == (2, "")
    assert "--model is not given, and there is no terminal to ask on" in err


def test_a_file_is_never_replaced_unasked(place: Place) -> None:
    Path("own.yaml").write_text("mine", "utf-8")
    code, _, err = begun(place, "H100", "-o", "own.yaml")

    assert code == 2
    assert "own.yaml is there already" in err
    assert Path("own.yaml").read_text("utf-8") == "mine"


def test_a_shipped_profile_is_written_with_what_belongs_beside_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    (shipped / "compiled").mkdir(parents=True)
    (shipped / "own.yaml").write_text("extends: base.yaml\n", "utf-8")
    (shipped / "base.yaml").write_text("name: base\n", "utf-8")
    (shipped / "compiled" / "own.lock.json").write_text("{}\n", "utf-8")
    monkeypatch.setattr(examples, "FOLDERS", (tmp_path / "nothere", shipped))
    Path("base.yaml").write_text("mine", "utf-8")

    code, _, err = place.run("init", "--example", "own", "-o", "mine.yaml")
    assert (code, "base.yaml is there already" in err) == (2, True)
    assert not Path("mine.yaml").exists()

    code, _, err = place.run("init", "--example", "own", "-o", "base.yaml", "--force")
    assert (code, "needs a file of its own that is called base.yaml" in err) == (2, True)
    assert Path("base.yaml").read_text("utf-8") == "mine"

    code, _, err = place.run("init", "--example", "own", "-o", "nothere/mine.yaml")
    assert (code, "Make nothere first" in err) == (1, True)

    code, _, err = place.run("init", "--example", "own", "-o", "mine.yaml", "--force")
    assert (code, Path("mine.yaml").read_text("utf-8")) == (0, "extends: base.yaml\n")
    assert Path("base.yaml").read_text("utf-8") == "name: base\n"
    assert Path("compiled", "mine.lock.json").read_text("utf-8") == "{}\n"

    code, out, err = place.run("init", "--example", "own", "--gpu", "H100")
    assert (code, out) == (2, "")
    assert "written as it is" in err


class Server(BaseHTTPRequestHandler):
    """Answers as a server about itself."""

    answers: dict[str, tuple[int, dict[str, object]]]
    own = ""

    def do_GET(self) -> None:
        code, body = self.answers.get(self.path, (404, {}))
        content = json.dumps(body).encode()
        self.send_response(code)
        if self.own:
            self.send_header("X-Deployer-Release", self.own)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[type[Server], str]]:
    made = type("Own", (Server,), {"answers": {}})
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), made)) as serving:
        yield made, f"http://127.0.0.1:{serving.server_address[1]}"


def test_a_running_server_is_adopted_by_its_own_arguments(
    place: Place, server: tuple[type[Server], str]
) -> None:
    made, url = server
    info = {each.dest: each.default for each in load("0.5.23").options}
    info |= {"model_path": "a/b", "tp_size": 2, "disable_radix_cache": True, "version": "0.5.23",
             "served_model_name": "a/b", "api_key": "canary-7f", "random_seed": 7}  # fmt: skip
    made.answers = {"/server_info": (200, info)}
    code, out, err = place.run("init", "--from-endpoint", url, "--gpu", "H100")
    profile = yaml.safe_load(out)

    assert code == 0, err
    assert profile["model"]["repo"] == "a/b"
    assert profile["parallel"] == {"tp": 2}
    assert profile["engine"]["version"] == "0.5.23"
    assert "random" not in out
    assert "canary" not in out + err


@pytest.mark.parametrize(
    ("own", "message"),
    [("r-1", "is served by deployer, whose door lets nobody ask"), ("", "gives no arguments")],
)
def test_a_server_that_says_nothing_is_no_profile(
    place: Place, server: tuple[type[Server], str], own: str, message: str
) -> None:
    made, url = server
    made.own = own
    code, out, err = place.run("init", "--from-endpoint", url)

    assert (code, out) == (1, "")
    assert message in err
