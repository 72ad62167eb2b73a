"""What is fuzzed: each target makes an input from a seed of chance, and feeds it to the product."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import random
import shlex
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deployer.apply import registry
from deployer.apply.hub import describe, resolve
from deployer.cli.main import main
from deployer.cli.planning import read
from deployer.cli.saved_plan import judged
from deployer.compile.pin import pin
from deployer.errors import DeployerError
from deployer.facts.models.checkpoint import RepoFile
from deployer.facts.prices import SHIPPED
from deployer.lock.lock import Lock, LockedImage, LockedRepository, LockError
from deployer.lock.lock import from_json as from_text
from deployer.lock.wanted import Wanted
from deployer.plan.deployment import make_plan
from deployer.report.plan_json import from_json, to_json
from deployer.serve.weights.hub import Hub
from deployer.serve.weights.manifest import read_listing
from deployer.serve.weights.pace import Later, Pace
from deployer.verify.run import verify
from tests.adopt.corpus import COMMANDS
from tests.fakes.hub.model import model_files
from tests.fakes.hub.server import COMMIT, REPO, FakeHub
from tests.fuzz import mutate
from tests.plan.standings import COMMIT as PINNED
from tests.plan.standings import MISSING, live
from tests.shipped import shipped
from tests.verify.asking import everything
from tests.verify.fake_answers import Answer
from tests.verify.fake_engine import CHAT, COMPLETIONS, MODELS, Behaviour, running

OURS = "This is a fault of deployer"
PROFILES = {path.stem: shipped(path.stem) for path in sorted(Path("profiles").glob("*.yaml"))}
BASE = "profiles/b200-fp8-eagle.yaml"
SCRIPTS = [f"#!/bin/sh\n{command}\n" for command in COMMANDS.values()]
CONFIGS = ["model-path: m\ntp-size: 8\nkv-cache-dtype: fp8_e4m3\n", "tp_size: 2\nenable-metrics:\n"]
BODIES = ['{"choices": []}', "data: [DONE]\n\n"]
MODEL_CONFIG = {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 5120,
    "num_hidden_layers": 64, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 128,
    "intermediate_size": 25600, "vocab_size": 151936, "torch_dtype": "bfloat16",
    "max_position_embeddings": 40960, "tie_word_embeddings": False,
}  # fmt: skip
AT_ONCE = Pace(
    idle_tries=0, tries=0, first_wait=0.0, read_timeout=2.0, slowest=1.0, answer=2.0,
    longest_asked=0.0,
)  # fmt: skip


class Fault(Exception):
    """The product ended in a way that is its own fault; the text is what it said."""


@dataclass(frozen=True)
class Target:
    """``make`` writes an input, ``feed`` gives it to the product and raises for a fault."""

    make: Callable[[random.Random], str]
    feed: Callable[[str, Path], None]


def deployer(*words: str) -> None:
    """Run the command line in this process. Raises Fault where it blames itself."""
    out, err = _stream(), _stream()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(words))
        for stream in (out, err):
            stream.flush()
    said = err.buffer.getvalue().decode(errors="replace")  # type: ignore[attr-defined]
    if OURS in said or code not in {0, 1, 2}:
        message = f"{shlex.join(words)}: exit {code}\n{said}"
        raise Fault(message)


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _yaml(written: str, folder: Path) -> None:
    path = _file(folder / "p.yaml", written)
    for form in ("text", "json", "github", "sarif"):
        deployer("check", "--format", form, path)
    for verb in (["compile"], ["fit"], ["cost"], ["plan", "--offline"], ["upgrade"]):
        deployer(*verb, path)
    for form in ("text", "markdown", "json"):
        deployer("diff", "--format", form, BASE, path)


def _script(written: str, folder: Path) -> None:
    path = _file(folder / "launch.sh", written)
    deployer("import", "--file", path)
    deployer("import", "--format", "json", "--gpu", "H200", "--file", path)


def _words(written: str, _folder: Path) -> None:
    words = [word for word in written.split("\n") if "\x00" not in word]
    for release in ("0.5.9", "0.5.23"):
        deployer("check", "--engine", release, "--", "--model-path", "m", *words)
    deployer("import", "--", "--model-path", "m", *words)


def _config(written: str, folder: Path) -> None:
    path = _file(folder / "config.yaml", written)
    deployer("check", "--engine", "0.5.23", "--", "--model-path", "m", "--config", path)
    deployer("import", "--config", path)
    deployer("fit", BASE, "--model-config", _file(folder / "config.json", written))


def _plan(written: str, _folder: Path) -> None:
    with contextlib.suppress(DeployerError), contextlib.redirect_stderr(_stream()):
        judged(from_json(written, "plan.json"), "plan.json")


def _lock(written: str, folder: Path) -> None:
    """Let a lock that others wrote lie beside a profile, and be read as a text of its own."""
    path = folder / "b200-no-spec.yaml"
    _file(path, PROFILES["b200-no-spec"])
    (folder / "compiled").mkdir(exist_ok=True)
    _file(folder / "compiled/b200-no-spec.lock.json", written)
    for verb in (["check"], ["fit"], ["compile"], ["lock", "--check"], ["plan", "--offline"]):
        deployer(*verb, str(path))
    for form in ("text", "markdown", "json"):
        deployer("diff", "--format", form, "profiles/b200-no-spec.yaml", str(path))
    with contextlib.suppress(LockError):
        assert from_text(from_text(written).to_json()) == from_text(written)


def _hub(written: str, _folder: Path) -> None:
    with _answering(written.encode(errors="surrogatepass")) as endpoint:
        environ = {"HF_ENDPOINT": endpoint, "HF_TOKEN": "hf_x"}
        with contextlib.suppress(DeployerError):
            resolve(REPO, "main", environ, pace=AT_ONCE)
        with contextlib.suppress(DeployerError):
            describe(Wanted("model", REPO, "main"), environ, pace=AT_ONCE)
        with contextlib.suppress(DeployerError):
            registry.digest(f"{endpoint.removeprefix('http://')}/a/b:c", pace=AT_ONCE)
        with contextlib.suppress(DeployerError, Later):
            read_listing(REPO, COMMIT, Hub.of(environ, AT_ONCE).listing(REPO, COMMIT))
        with contextlib.suppress(DeployerError, Later):
            response, _ = Hub.of(environ, AT_ONCE).open(REPO, COMMIT, "config.json", 7)
            response.close()


def _server(written: str, _folder: Path) -> None:
    rng = random.Random(written.encode(errors="surrogatepass"))
    behaviour = Behaviour(edit=lambda _situation, answer: _edited(rng, answer))
    if rng.random() < 0.4:
        path = rng.choice(("*", CHAT, COMPLETIONS, MODELS, "/health", "/metrics"))
        kind = rng.choice(("application/json", "text/event-stream", "text/plain", "\u00e9", ""))
        body = written.encode(errors="replace").decode()
        behaviour.raw = {path: (rng.choice((200, 204, 400, 500, 301)), kind, body)}
    with running(behaviour) as server:
        for verdict in verify(everything(server.url), timeout=2.0, settle=0.1):
            assert verdict.probe


def _edited(rng: random.Random, answer: Answer) -> None:
    if rng.random() < 0.5:
        changed = mutate.value(rng, answer)
        answer.clear()
        answer.update(changed if isinstance(changed, dict) else {"choices": changed})


def _file(path: Path, written: str) -> str:
    path.write_bytes(written.encode("utf-8", errors="surrogatepass"))
    return str(path)


@contextlib.contextmanager
def _answering(answer: bytes) -> Iterator[str]:
    """Answer every connection with these bytes, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@functools.cache
def _listing() -> dict[str, object]:
    with FakeHub(model_files(size=2_000)).serving() as hub:
        return hub.listing()


def _answer(rng: random.Random) -> str:
    listing = json.dumps(mutate.value(rng, _listing()))
    heads = [
        f"HTTP/1.1 200 OK\r\nContent-Length: {len(listing)}\r\n\r\n",
        "HTTP/1.1 206 P\r\nContent-Range: bytes 7-9/10\r\nContent-Length: 3\r\n\r\n",
        'HTTP/1.1 429 No\r\nRetry-After: 3\r\nRateLimit: "a";r=0;t=9\r\nContent-Length: 0\r\n\r\n',
        "HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:9/x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 403 F\r\nX-Error-Code: GatedRepo\r\nContent-Length: 0\r\n\r\n",
    ]
    return (mutate.text(rng, heads) if rng.random() < 0.5 else heads[0]) + listing


def _saved(rng: random.Random) -> str:
    """Write a plan as `plan -o` does, and change it."""
    global _PLAN  # noqa: PLW0603 - made once
    _PLAN = _PLAN or _made_plan()
    if rng.random() < 0.3:
        return mutate.text(rng, [_PLAN])
    changed = json.loads(_PLAN)
    for _ in range(rng.choice((1, 2, 4))):
        changed = mutate.value(rng, changed)
    return json.dumps(changed)


def _made_plan() -> str:
    meant = read(BASE)
    release, written = meant.release, meant.written
    made = make_plan(pin(release, lambda _: PINNED), live(None, *MISSING), SHIPPED, written=written)
    return to_json(made, PROFILES["b200-fp8-eagle"])


_PLAN = ""


def _locks(rng: random.Random) -> str:
    """Write a lock of the profile that it lies beside, and change it."""
    release = read("profiles/b200-no-spec.yaml").release
    model = release.model
    files = (RepoFile("config.json", 7, "git-sha1", "d" * 40),)
    documents = {"config.json": mutate.value(rng, MODEL_CONFIG)}
    if not isinstance(documents["config.json"], dict):
        documents = {}
    one = LockedRepository("model", model.repo, model.revision, model.commit, files, documents)
    lock = Lock((one,), LockedImage(release.engine.image, "sha256:" + "0" * 64)).to_json()
    if rng.random() < 0.4:
        return lock
    if rng.random() < 0.4:
        return mutate.text(rng, [lock])
    return json.dumps(mutate.value(rng, json.loads(lock)))


def _configs(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return mutate.text(rng, CONFIGS)
    return json.dumps(mutate.value(rng, MODEL_CONFIG))


TARGETS = {
    "yaml": Target(lambda rng: mutate.text(rng, list(PROFILES.values())), _yaml),
    "script": Target(lambda rng: mutate.text(rng, SCRIPTS), _script),
    "words": Target(
        lambda rng: mutate.text(rng, ["\n".join(c.split()) for c in COMMANDS.values()]), _words
    ),
    "config": Target(_configs, _config),
    "plan": Target(_saved, _plan),
    "lock": Target(_locks, _lock),
    "hub": Target(_answer, _hub),
    "server": Target(
        lambda rng: mutate.text(rng, ['{"choices": []}', "data: [DONE]\n\n"]), _server
    ),
}
"""By their names on the command line."""

assert sys.version_info >= (3, 11)
