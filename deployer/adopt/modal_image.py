"""What a Modal image is made of: where it comes from, and its steps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from deployer.adopt.find import INSTALLED
from deployer.adopt.note import Kind, Note
from deployer.adopt.python_values import Made
from deployer.adopt.script import UNKNOWN
from deployer.late import compile_pattern

OWN = compile_pattern(
    r"(sglang|vllm|torch|transformers|flashinfer|sgl-kernel|huggingface[-_]hub|hf[-_]transfer|hf[-_]xet|"
    r"requests|httpx|aiohttp|fastapi|uvicorn|openai|grpclib|uv)\b"
)
"""Packages that the engine's image or deployer brings."""

NEEDLESS = frozenset(
    {
        "entrypoint",
        "from_registry",
        "debian_slim",
        "from_dockerfile",
        "imports",
        "workdir",
        "shell",
        "cmd",
        "micromamba",
        "from_aws_ecr",
        "from_gcp_artifact_registry",
    }
)
FILES = frozenset(
    {
        "add_local_file",
        "add_local_dir",
        "add_local_python_source",
        "copy_local_file",
        "copy_local_dir",
        "copy_mount",
    }
)


@dataclass(frozen=True, slots=True)
class Image:
    """An image: its name where it is an engine's, the release that is installed, its variables."""

    name: str = ""
    release: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, Any], ...] = ()
    notes: tuple[Note, ...] = ()


def image_of(made: Made) -> Image:  # noqa: C901 - one case a form
    """Read a chain of `Image` calls."""
    name, release = "", ""
    variables: dict[str, str] = {}
    notes: list[Note] = []
    for one in made.chain():
        step = one.name.rpartition(".")[2]
        if step == "from_registry" and one.args and isinstance(one.args[0], str):
            name = one.args[0]
        elif step == "env":
            given = one.args[0] if one.args else {}
            variables |= (
                {
                    str(key): str(value)
                    for key, value in given.items()
                    if isinstance(value, str | int)
                }
                if isinstance(given, dict)
                else {}
            )
        elif step in {"pip_install", "uv_pip_install"}:
            packages = [
                text
                for each in one.args
                for text in (each if isinstance(each, list) else [each])
                if isinstance(text, str)
            ]
            for text in packages:
                if found := INSTALLED.match(text):
                    release = found[1]
            rest = [text for text in packages if not OWN.match(text) and not UNKNOWN.search(text)]
            if rest:
                notes.append(
                    Note(
                        Kind.MOVED,
                        f"the engine's image is taken, without these packages: {', '.join(rest)}",
                        one.line,
                    )
                )
        elif step == "from_dockerfile":
            notes.append(
                Note(
                    Kind.LEFT_OUT,
                    "the image is made by a Dockerfile, which is not read here",
                    one.line,
                )
            )
        elif step in FILES:
            notes.append(Note(Kind.MOVED, f"`{step}` of the image is not kept", one.line))
        elif step not in NEEDLESS:
            notes.append(
                Note(
                    Kind.MOVED,
                    f"the engine's image is taken as it is, without the step `{step}`",
                    one.line,
                )
            )
    engine = re.search(r"(?:^|/)(?:sglang|vllm)", name.partition(":")[0])
    return Image(name if engine else "", release, tuple(variables.items()), (), tuple(notes))
