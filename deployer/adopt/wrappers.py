"""Take off what stands before a command: variables, wrappers, runners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from deployer.parse.launch import ASSIGNMENT, WRAPPER_VALUES, WRAPPERS

RUNNERS = {
    "uv": ("run",),
    "poetry": ("run",),
    "pipenv": ("run",),
    "conda": ("run",),
    "mamba": ("run",),
    "micromamba": ("run",),
    "pixi": ("run",),
    "hatch": ("run",),
}
RUNNER_VALUES = frozenset(
    {"-n", "--name", "-p", "--prefix", "--with", "--python", "--project", "--directory", "-N"}
)
"""Options of these runners that take the word after them."""

CARRIERS = frozenset(
    {
        "srun",
        "mpirun",
        "mpiexec",
        "torchrun",
        "accelerate",
        "nsys",
        "ncu",
        "rocprof",
        "tini",
        "dumb-init",
        "catatonit",
        "gosu",
        "su-exec",
        "runuser",
        "setpriv",
        "chrt",
        "prlimit",
        "unbuffer",
        "apptainer",
        "singularity",
        "enroot",
        "udocker",
        "kubectl",
        "oc",
        "ssh",
        "tmux",
        "screen",
        "xvfb-run",
        "nvidia_entrypoint.sh",
        "memray",
        "py-spy",
        "compute-sanitizer",
        "daemonize",
    }
)
"""Programs that run the command among their words; where it begins is found by its own form."""

LIMITERS = {"numactl": 0, "taskset": 0, "nice": 0, "ionice": 0, "stdbuf": 0, "timeout": 1}
"""Programs that run a command within limits, and the words that they take beside options."""

LIMITER_VALUES = {
    "numactl": {"-N", "-m", "-C", "-p"},
    "taskset": {"-c"},
    "nice": {"-n"},
    "ionice": {"-c", "-n"},
    "timeout": {"-k", "-s"},
    "stdbuf": {"-i", "-o", "-e"},
}
"""Their options that take the word after them (their manual pages)."""


@dataclass(slots=True)
class Bare:
    """A command without what stood before it; ``limits`` are the limiters, as they were written."""

    words: tuple[str, ...]
    variables: list[tuple[str, str]] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)


def bare(words: Sequence[str]) -> Bare:
    """Take everything off that stands before a command, as often as there is something."""
    found = Bare(tuple(words))
    while found.words:
        first = found.words[0]
        name = PurePosixPath(first).name
        if (match := ASSIGNMENT.fullmatch(first)) is not None and not first.startswith("-"):
            found.variables.append((match[1], match[2]))
            found.words = found.words[1:]
        elif name in LIMITERS:
            length = _length(found.words, LIMITER_VALUES.get(name, set())) + LIMITERS[name]
            found.limits.append(" ".join((name, *found.words[1:length])))
            found.words = found.words[length:]
        elif name in WRAPPERS:
            found.words = found.words[_length(found.words, WRAPPER_VALUES) :]
        elif (verb := RUNNERS.get(name)) is not None and found.words[1 : 1 + len(verb)] == verb:
            rest = found.words[len(verb) :]
            found.words = rest[_length(rest, RUNNER_VALUES) :]
        else:
            break
    return found


def _length(words: Sequence[str], with_value: set[str] | frozenset[str]) -> int:
    """Count a program's name and the options after it."""
    length = 1
    while length < len(words) and words[length].startswith("-"):
        length += 2 if words[length] in with_value else 1
    return length
