"""The tiny model is trained once, kept whole, and trained again when a byte is wrong."""

import json
from pathlib import Path

import pytest

from deployer.engine.environment import EngineEnvironment
from deployer.engine.model import MANIFEST, ensure_tiny_model, is_intact
from deployer.errors import Failure

from .stand_ins import Said

TRAINER = """\
#!/usr/bin/env python3
import json, os, pathlib, sys
output = pathlib.Path(sys.argv[sys.argv.index("--output") + 1])
assert os.environ["DEPLOYER_CPU_PLATFORM"] == "1"
print("a line that is not progress")
for step in (10, 20):
    print(json.dumps({"step": step, "steps": 20, "loss": 0.5}), flush=True)
(output / "config.json").write_text("{}")
(output / "model.safetensors").write_bytes(b"weights")
with open(pathlib.Path(__file__).with_name("runs"), "a") as runs:
    runs.write("run ")
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    directory = tmp_path / "tiny_model"
    directory.mkdir()
    (directory / "train.py").write_text(TRAINER)
    return directory


@pytest.fixture
def engine(fake_engine: EngineEnvironment) -> EngineEnvironment:
    fake_engine.python.write_text('#!/bin/sh\nexec /usr/bin/env python3 "$@"\n')
    return fake_engine


def test_trained_once(
    engine: EngineEnvironment, sources: Path, said: Said, environ: dict[str, str]
) -> None:
    first = ensure_tiny_model(engine, progress=said, environ=environ, sources=sources)
    second = ensure_tiny_model(engine, progress=said, environ=environ, sources=sources)
    assert first == second
    assert first.parent == Path(environ["HOME"]) / ".cache" / "deployer" / "models"
    assert (sources / "runs").read_text() == "run "
    assert said.texts == [
        "Training the tiny model",
        "Training the tiny model, step 10 (loss 0.5)",
        "Training the tiny model, step 20 (loss 0.5)",
        "The tiny model is ready",
    ]
    assert said.fractions == [0.0, 0.5, 0.99, 1.0]
    assert sorted(path.name for path in first.parent.iterdir() if path.name[0] != ".") == [
        first.name
    ]


def test_cache_home(engine: EngineEnvironment, sources: Path, said: Said, tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}
    model = ensure_tiny_model(engine, progress=said, environ=environ, sources=sources)
    assert model.is_relative_to(tmp_path / "cache" / "deployer" / "models")


@pytest.mark.parametrize("damage", ["changed", "missing", "extra", "manifest"])
def test_damage_is_repaired(
    engine: EngineEnvironment, sources: Path, said: Said, environ: dict[str, str], damage: str
) -> None:
    model = ensure_tiny_model(engine, progress=said, environ=environ, sources=sources)
    weights = model / "model.safetensors"
    if damage == "changed":
        weights.write_bytes(b"weightz")
    elif damage == "missing":
        weights.unlink()
    elif damage == "extra":
        (model / "extra.bin").write_bytes(b"")
    else:
        (model / MANIFEST).write_text(json.dumps([]))
    assert not is_intact(model)
    assert ensure_tiny_model(engine, progress=said, environ=environ, sources=sources) == model
    assert is_intact(model)


def test_changed_trainer_is_another_model(
    engine: EngineEnvironment, sources: Path, said: Said, environ: dict[str, str]
) -> None:
    first = ensure_tiny_model(engine, progress=said, environ=environ, sources=sources)
    (sources / "train.py").write_text(TRAINER + "# changed\n")
    second = ensure_tiny_model(engine, progress=said, environ=environ, sources=sources)
    assert first != second


def test_failure_shows_the_trainer_and_leaves_nothing(
    engine: EngineEnvironment, sources: Path, said: Said, environ: dict[str, str]
) -> None:
    (sources / "train.py").write_text("raise SystemExit('the loss is not a number')")
    with pytest.raises(Failure, match="training the tiny model failed") as caught:
        ensure_tiny_model(engine, progress=said, environ=environ, sources=sources)
    assert "the loss is not a number" in caught.value.message
    models = Path(environ["HOME"]) / ".cache" / "deployer" / "models"
    assert [path for path in models.iterdir() if path.is_dir()] == []
