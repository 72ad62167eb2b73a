"""Environments that stand for images: what is in them, and nothing else.

Each is made once a machine, below the cache directory, by the recipe that its name is a hash of.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import site
import subprocess
import sys
from pathlib import Path

from deployer.engine.exclusive import exclusive
from deployer.facts.modal.images import LIBRARY

OLDEST = "1.6.0"
"""The oldest release of Modal's client that `pyproject.toml` allows."""

LANGCHAIN = "1.7.4"
"""The release of `langchain-openai` that the documented call is tried with."""

OLDEST_PROTOBUF = "6.33.6"
"""What that release allows of protobuf (below 7)."""


def small_image() -> Path:
    """Give the interpreter for the image of the download: modal and requests.

    Neither pydantic nor PyYAML nor Jinja2 is there, as in the image.
    """
    version = importlib.metadata.version("modal")
    return _made(("install", f"modal=={version}", "requests"), ())


def download_image() -> Path:
    """Give the interpreter for the image of the download: huggingface_hub beside those."""
    version = importlib.metadata.version("modal")
    from deployer.apply.modal.app import REQUESTS  # noqa: PLC0415 - imports Modal's client

    return _made(("install", f"modal=={version}", *REQUESTS, *LIBRARY), ())


def oldest_client() -> Path:
    """Give an interpreter with this project and the oldest client; the rest is this one's."""
    words = ("install", "--no-deps", f"modal=={OLDEST}", f"protobuf=={OLDEST_PROTOBUF}")
    return _made(words, tuple(site.getsitepackages()))


def langchain() -> Path:
    """Give an interpreter with LangChain's client for OpenAI's interface, and nothing of ours."""
    return _made(("install", f"langchain-openai=={LANGCHAIN}"), ())


def _made(words: tuple[str, ...], beside: tuple[str, ...]) -> Path:
    recipe = "\0".join((*words, *beside, sys.version))
    name = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "deployer" / "tests" / name
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(folder.with_name(f".{name}.lock")):
            if not ready.exists():
                # pip takes half a minute of CPU for what uv does in one second.
                uv = str(Path(sys.executable).with_name("uv"))
                environ = {**os.environ, "UV_NO_CONFIG": "1"}
                made = ("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
                filled = ("pip", words[0], "--quiet", "--python", str(python), *words[1:])
                for each in (made, filled):
                    subprocess.run([uv, *each], check=True, env=environ)
                if beside:
                    _also(python, beside)
                ready.touch()
    return python


def _also(python: Path, paths: tuple[str, ...]) -> None:
    """Let an environment find the packages of another after its own: Debian names four folders."""
    ask = "import site; print(site.getsitepackages()[0])"
    own = subprocess.run([str(python), "-c", ask], check=True, capture_output=True, text=True)
    (Path(own.stdout.strip()) / "beside.pth").write_text("\n".join(paths), encoding="utf-8")
