"""Makes the tiny model once and keeps it: trained on the spot, checked by digest, never downloaded.

The cache's directory name holds the digest of the trainer's sources and of the engine's lock, and a
manifest inside it the SHA-256 of every file. What does not match is trained again.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from deployer.codec import read_json
from deployer.credentials import without_credentials
from deployer.engine import child
from deployer.engine.environment import EngineEnvironment, home_of, sha256_of
from deployer.engine.exclusive import exclusive
from deployer.errors import Failure
from deployer.facts.cpu import SWITCH

Progress = Callable[[str, float | None], None]

MANIFEST = "deployer-model.json"

_SOURCES = Path(__file__).parent / "tiny_model"


def ensure_tiny_model(
    engine: EngineEnvironment,
    *,
    progress: Progress,
    environ: Mapping[str, str] = os.environ,
    run: child.Runner = child.run,
    sources: Path = _SOURCES,
) -> Path:
    """Return the directory of the tiny model, training it first where it is not there yet.

    Two calls at a time: the second waits and finds it done. ``sources`` holds ``train.py``. Raises
    Failure when training fails or the disk is full; then, and on Ctrl-C, nothing is left behind.
    """
    home = _models_home(environ)
    digest = model_digest(engine, sources)
    model = home / f"tiny-{digest[:12]}"
    if is_intact(model):
        return model
    try:
        with exclusive(home / f".{model.name}.lock", on_wait=lambda pid: _say_wait(progress, pid)):
            if not is_intact(model):
                _train(engine, model, progress, environ, run, sources)
    except OSError as error:
        message = f"the tiny model cannot be kept in {home}: {error.strerror or error}"
        raise Failure(message, hint="free some space, or set XDG_CACHE_HOME elsewhere") from error
    return model


def find_tiny_model(
    engine: EngineEnvironment, *, environ: Mapping[str, str] = os.environ
) -> Path | None:
    """Return the directory of the tiny model where it is there and intact, or None."""
    model = _models_home(environ) / f"tiny-{model_digest(engine, _SOURCES)[:12]}"
    return model if is_intact(model) else None


def is_intact(model: Path) -> bool:
    """Tell whether the directory holds exactly the files that its manifest lists, unchanged."""
    try:
        manifest = read_json((model / MANIFEST).read_text("utf-8"))
        return isinstance(manifest, dict) and manifest == checksums(model)
    except (OSError, ValueError):
        return False


def checksums(directory: Path) -> dict[str, str]:
    """Compute the SHA-256 of every file in a directory, the manifest left out."""
    files = sorted(path for path in directory.iterdir() if path.name != MANIFEST)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def model_digest(engine: EngineEnvironment, sources: Path) -> str:
    """Hash what the model is made from: the trainer's sources and the engine's digest."""
    files = [path for path in sorted(sources.iterdir()) if path.suffix in (".py", ".jinja")]
    parts = [part for path in files for part in (path.name.encode(), path.read_bytes())]
    return sha256_of([engine.digest.encode(), *parts])


def _train(
    engine: EngineEnvironment,
    model: Path,
    progress: Progress,
    environ: Mapping[str, str],
    run: child.Runner,
    sources: Path,
) -> None:
    progress("Training the tiny model", 0.0)
    temporary = Path(tempfile.mkdtemp(prefix=f".{model.name}-", dir=model.parent))
    try:
        command = [str(engine.python), str(sources / "train.py"), "--output", str(temporary)]
        run(
            command,
            doing="training the tiny model",
            env=_training_environ(environ),
            on_line=lambda line: _report(progress, line),
        )
        _seal(temporary)
        if model.exists():
            shutil.rmtree(model)
        temporary.rename(model)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    progress("The tiny model is ready", 1.0)


def _seal(directory: Path) -> None:
    """Write the manifest and everything else to the disk, before the directory gets its name."""
    (directory / MANIFEST).write_text(json.dumps(checksums(directory)), "utf-8")
    directory.chmod(0o755)
    for path in [*directory.iterdir(), directory]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _report(progress: Progress, line: str) -> None:
    try:
        step = read_json(line)
        text = f"Training the tiny model, step {step['step']} (loss {step['loss']})"
        fraction = min(0.99, step["step"] / step["steps"])
    except (ValueError, TypeError, KeyError):
        return
    progress(text, fraction)


def _training_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, no credentials in it, with import hooks on and downloads off."""
    kept = without_credentials(environ)
    for name in ("PYTHONPATH", "PYTHONHOME"):
        kept.pop(name, None)
    return kept | {
        SWITCH: "1",  # transformers' Qwen3 imports torchvision, see boot.py
        "HF_HUB_OFFLINE": "1",
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin lose most on a machine with other work
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }


def _models_home(environ: Mapping[str, str]) -> Path:
    cache = environ.get("XDG_CACHE_HOME") or str(home_of(environ) / ".cache")
    return Path(cache) / "deployer" / "models"


def _say_wait(progress: Progress, holder: str) -> None:
    who = f" (process {holder})" if holder else ""
    progress(f"The tiny model is being trained elsewhere{who}; waiting for it", None)
