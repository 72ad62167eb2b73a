"""Take `docker run` apart: the image, and what of its options concerns the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

PROGRAMS = frozenset({"docker", "podman", "nerdctl"})
SWITCHES = frozenset(
    {
        "--detach", "--init", "--interactive", "--privileged", "--publish-all", "--read-only",
        "--rm", "--tty", "--no-healthcheck", "--oom-kill-disable", "--quiet", "--sig-proxy",
    }
)  # fmt: skip
"""Options of `docker run` without a value (docs.docker.com, `docker container run`)."""

SHORT_SWITCHES = frozenset("ditPq")
VARIABLES = {"-e", "--env"}
VERBS = {"run", "exec", "create"}
SERVES = ("vllm", "serve")


@dataclass(slots=True)
class Container:
    """A container's image, its command, and its options by name.

    ``image`` is empty for `docker exec`, which names a container that runs already. ``variables``
    are set, ``passed_on`` come from the shell around.
    """

    image: str = ""
    words: tuple[str, ...] = ()
    variables: list[tuple[str, str]] = field(default_factory=list)
    passed_on: list[str] = field(default_factory=list)
    gpus: str = ""
    others: list[tuple[str, str]] = field(default_factory=list)


def container(words: Sequence[str]) -> Container | None:
    """Take a command apart that runs a container; None for any other."""
    if len(words) < 3 or PurePosixPath(words[0]).name not in PROGRAMS:  # noqa: PLR2004 - docker run IMAGE
        return None
    verb, *rest = words[2:] if words[1] == "container" else words[1:]
    if verb not in VERBS:
        return None
    found = Container()
    entrypoint: tuple[str, ...] = ()
    while rest and rest[0].startswith("-"):
        name, value = _option(rest)
        if name == "--entrypoint":
            entrypoint = (value,)
        else:
            _note(found, name, value)
    if rest:
        found.image = rest[0] if verb != "exec" else ""
        found.words = (*entrypoint, *rest[1:])
        if not entrypoint:
            found.words = with_entrypoint(found.image, found.words)
    return found


def with_entrypoint(image: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Put what an image itself runs before the words that a container gives it.

    vLLM's images start the server, and take its flags (vllm ``docker/Dockerfile``, ENTRYPOINT);
    SGLang's start what they are given.
    """
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if not name.startswith("vllm-openai") or (words and _runs_something(words[0])):
        return words
    return (*SERVES, *words)


def _runs_something(word: str) -> bool:
    """Whether a word is a program, not a flag or a model."""
    return not word.startswith("-") and PurePosixPath(word).name in {
        "vllm", "python", "python3", "bash", "sh", "env", "exec", "torchrun", "ray", "/bin/bash",
    }  # fmt: skip


def _option(rest: list[str]) -> tuple[str, str]:
    """Take one option off the front, with its value."""
    word = rest.pop(0)
    name, equals, value = word.partition("=")
    if equals:
        return name, value
    if word in SWITCHES or (not word.startswith("--") and set(word[1:]) <= SHORT_SWITCHES):
        return word, ""
    if not word.startswith("--") and len(word) > 2:  # noqa: PLR2004 - -eNAME=value
        return word[:2], word[2:]
    return word, rest.pop(0) if rest else ""


def _note(found: Container, name: str, value: str) -> None:
    if name in VARIABLES:
        variable, equals, text = value.partition("=")
        if equals:
            found.variables.append((variable, text))
        else:
            found.passed_on.append(variable)
    elif name == "--gpus":
        found.gpus = value
    elif name in SWITCHES or set(name[1:]) <= SHORT_SWITCHES:
        return
    else:
        found.others.append((name, value))
