"""From vLLM's flags to SGLang's: what means the same, what needs nothing, what has no counterpart.

Which flag is which stands in :mod:`deployer.facts.foreign`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from deployer.adopt.note import Kind, Note
from deployer.adopt.script import UNKNOWN, Unknowns
from deployer.facts.foreign import (
    FOREIGN,
    VLLM,
    VLLM_NEEDLESS,
    VLLM_RANKS,
    VLLM_SAME,
    VLLM_SHORT,
    VLLM_SWITCHES,
)
from deployer.facts.foreign_values import value_of
from deployer.parse.launch import PYTHON

MODULES = frozenset({"vllm.entrypoints.openai.api_server", "vllm.entrypoints.api_server"})
KEY = "VLLM_API_KEY"
"""The variable that a server takes its key from, as if it stood in the command."""

OWN_PORT, OWN_HOST = "8000", "0.0.0.0"  # noqa: S104 - vLLM listens everywhere
"""Where vLLM listens by itself (vllm ``entrypoints/openai/cli_args.py``)."""

LONGEST_SHOWN = 80
"""Characters of a flag with its values that a note shows."""

METHODS = {
    "mtp": "NEXTN",
    "deepseek_mtp": "NEXTN",
    "eagle": "EAGLE",
    "eagle3": "EAGLE3",
    "ngram": "NGRAM",
}
"""vLLM's methods of speculation (vllm ``config/speculative.py``), by SGLang's name."""


def starts(words: Sequence[str]) -> int:
    """Count the words that start a vLLM server; 0 where none does, as with `--help`."""
    if {"--help", "-h"} & set(words) or any(word.startswith("--help=") for word in words):
        return 0
    if len(words) > 1 and PurePosixPath(words[0]).name == "vllm" and words[1] == "serve":
        return 2
    if words and (PYTHON.fullmatch(PurePosixPath(words[0]).name) or UNKNOWN.search(words[0])):
        for place in range(1, len(words) - 1):
            if words[place] == "-m":
                if words[place + 1] in MODULES:
                    return place + 2
                cli = words[place + 1] in {"vllm", "vllm.entrypoints.cli.main"}
                return place + 3 if cli and words[place + 2 : place + 3] == ("serve",) else 0
            if not words[place].startswith("-"):
                break
    return 0


@dataclass(slots=True)
class _Made:
    words: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    dotted: dict[str, str] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    sizes: dict[str, str] = field(default_factory=dict)
    ranks: dict[str, str] = field(default_factory=dict)
    unknowns: Unknowns = field(default_factory=Unknowns)
    line: int = 0

    def ask(self, flag: str, why: str) -> None:
        self.words += [flag, self.unknowns.mark(why, self.line)]

    def say(self, kind: Kind, text: str) -> None:
        self.notes.append(Note(kind, text))


def translate(
    words: Sequence[str], line: int, unknowns: Unknowns
) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Give SGLang's words for vLLM's, and what there is to say of those that have none."""
    made = _Made(unknowns=unknowns, line=line)
    for flag, values in _divided(words):
        _one(flag, values, made)
    if made.dotted:
        _speculation(json.dumps({key: _value(text) for key, text in made.dotted.items()}), made)
    if "--enable-expert-parallel" in made.given:
        _experts(made)
    if made.ranks:
        _machines(made)
    for flag, value in (("--host", OWN_HOST), ("--port", OWN_PORT)):
        if flag not in made.given:
            made.words += [flag, value]
    head = Note(
        Kind.MOVED, "vLLM's command is translated: what follows serves it with SGLang", line
    )
    return tuple(made.words), (head, *made.notes)


def _divided(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Divide words into flags and their values; the model may stand without one."""
    place, model = 0, False
    while place < len(words):
        word = words[place]
        place += 1
        if not word.startswith("-") or re.fullmatch(r"-\d.*", word):
            yield ("" if model else "--model"), [word]
            model = True
            continue
        written, equals, value = word.partition("=")
        written = _whole(written)
        flag = VLLM_SHORT.get(
            written, written.replace("_", "-") if written.startswith("--") else written
        )
        if equals:
            yield flag, [value]
            continue
        values: list[str] = []
        if flag not in VLLM_SWITCHES and not flag.startswith("--no-"):
            most = (
                len(words)
                if flag
                in {"--served-model-name", "--lora-modules", "--allowed-origins", "--middleware"}
                else 1
            )
            while (
                place < len(words)
                and len(values) < most
                and not (values and UNKNOWN.fullmatch(words[place]))  # there may be flags in it
                and (
                    not words[place].startswith("-") or re.fullmatch(r"-\d+(\.\d+)?", words[place])
                )
            ):
                values.append(words[place])
                place += 1
        model = model or flag == "--model"
        yield flag, values


def _whole(written: str) -> str:
    """Write a flag out: argparse takes the beginning of one that nothing else begins with."""
    flag = written.replace("_", "-")
    known = {*VLLM_SAME, *VLLM_NEEDLESS, *VLLM_SWITCHES, *VLLM_RANKS, *FOREIGN}
    longer = [one for one in known if one.startswith(flag)]
    if not written.startswith("--") or flag in known or len(longer) != 1:
        return written
    return longer[0]


def _one(flag: str, values: list[str], made: _Made) -> None:  # noqa: C901, PLR0912 - one case a form
    made.given.add(flag)
    shown = _shown(flag, values)
    off = f"--{flag.removeprefix('--no-')}" if flag.startswith("--no-") else ""
    if not flag:
        values = [value for value in values if value.strip()]
        if all(UNKNOWN.fullmatch(value) for value in values):
            made.words += values
        else:
            made.say(Kind.LEFT_OUT, f"{shown} stands alone among vLLM's words")
        return
    if flag.startswith("--speculative-config."):
        made.dotted[flag.partition(".")[2].replace("-", "_")] = values[0] if values else "true"
    elif flag == "--speculative-config" and values:
        _speculation(values[0], made)
    elif flag == "--enable-expert-parallel":
        return
    elif flag == "--config" and values:
        made.ask("--config", f"vLLM's config file {UNKNOWN.sub('…', values[0])} is not read")
    elif flag in {"--task", "--runner", "--convert"} and values:
        if values[0] in {"embed", "embedding", "pooling", "reward"}:
            made.words.append("--is-embedding")
        elif values[0] not in {"generate", "auto", "none"}:
            made.say(Kind.LEFT_OUT, f"vLLM's {shown}: no counterpart in SGLang is known")
    elif flag == "--device" and values and values[0] not in {"auto", "cuda"}:
        text = f"on which GPU is it to run? vLLM's {shown} runs it on none of them."
        made.notes.append(Note(Kind.TODO, text, made.line, "hardware.gpu"))
    elif flag in VLLM_RANKS:
        made.ranks[flag] = values[0] if values else ""
        text = f"vLLM's {shown}: a replica is one container, which needs none"
        made.say(Kind.MOVED, text)
    elif flag == "--limit-mm-per-prompt" and values:
        made.words += ["--limit-mm-data-per-request", _limits(values[0])]
    elif flag in VLLM_SAME:
        _same(VLLM_SAME[flag], values, made)
    elif off in VLLM_NEEDLESS:
        made.say(Kind.MOVED, f"vLLM's {shown} has no counterpart, and none is needed")
    elif flag not in FOREIGN and off in VLLM_SWITCHES and (on := _on(off)):
        made.words = [word for word in made.words if word != on]  # the last one counts
        made.say(Kind.MOVED, f"vLLM's {shown} is not needed: `{on}` is off by itself")
    elif flag in VLLM_NEEDLESS or flag.partition(".")[0] in VLLM_NEEDLESS:
        why = VLLM_NEEDLESS.get(flag) or VLLM_NEEDLESS[flag.partition(".")[0]]
        made.say(Kind.MOVED, f"vLLM's {shown} has no counterpart, and none is needed: {why}")
    elif (known := FOREIGN.get(flag)) is not None and known.engine == VLLM:
        if known.same:
            _same(known.flag, values, made)
        elif known.needless:
            made.say(Kind.MOVED, f"vLLM's {shown} is not needed: {known.why}")
        else:
            near = f"near it is `{known.flag}`, but {known.why}"
            made.say(Kind.MOVED, f"vLLM's {shown} is not taken over: {near}")
    else:
        made.say(Kind.LEFT_OUT, f"vLLM's {shown}: no counterpart in SGLang is known")


def _shown(flag: str, values: list[str]) -> str:
    said = " ".join(" ".join([flag, *(UNKNOWN.sub("…", value) for value in values)]).split())
    return f"`{said if len(said) <= LONGEST_SHOWN else f'{said[: LONGEST_SHOWN - 1]}…'}`"


def _same(flag: str, values: list[str], made: _Made) -> None:
    """Take a flag over, with values by SGLang's names."""
    if flag in {"--tp-size", "--dp-size", "--pp-size"} and values:
        made.sizes[flag] = values[0]
    if flag == "--served-model-name" and len(values) > 1:
        also = ", ".join(f"`{UNKNOWN.sub('…', one)}`" for one in values[1:])
        text = f"which name do clients ask for? A server here has one, and vLLM took {also}, too."
        made.notes.append(Note(Kind.TODO, text, made.line, "model.served_name"))
        values = values[:1]
    said = [
        known.write if (known := value_of(flag, value)) and known.same else value
        for value in values
    ]
    for old, new in zip(values, said, strict=True):
        if old != new:
            made.say(Kind.MOVED, f"vLLM's `{old}` for `{flag}` is `{new}` in SGLang")
    made.words += [flag, *said]
    made.given.add(flag)


def _on(flag: str) -> str:
    """Give SGLang's switch for vLLM's, where they mean the same."""
    known = FOREIGN.get(flag)
    return known.flag if known is not None and known.same else VLLM_SAME.get(flag, "")


def _machines(made: _Made) -> None:
    """Say over how many machines vLLM divides its data-parallel ranks."""
    size, local = made.sizes.get("--dp-size", ""), made.ranks.get("--data-parallel-size-local", "")
    several = {"--headless", "--data-parallel-rank", "--data-parallel-start-rank"} & set(made.ranks)
    if size.isdigit() and local.isdigit() and int(local):
        if (machines := -(-int(size) // int(local))) > 1:
            made.words += ["--nnodes", str(machines)]
    elif (several or local) and "--nnodes" not in made.given:
        made.ask("--nnodes", "vLLM's data-parallel ranks may be on several machines")


def _experts(made: _Made) -> None:
    """Say expert parallelism by its size: vLLM divides experts over all ranks."""
    size = made.sizes.get("--tp-size", "1")
    if "--dp-size" in made.sizes or not size.isdigit():
        made.ask(
            "--ep-size", "vLLM's `--enable-expert-parallel` divides the experts over all ranks"
        )
        return
    made.words += ["--ep-size", size]


def _speculation(text: str, made: _Made) -> None:
    """Say vLLM's speculation by SGLang's flags: a chain of so many drafted tokens."""
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    method = told.get("method") if isinstance(told, dict) else None
    count = told.get("num_speculative_tokens") if isinstance(told, dict) else None
    algorithm = METHODS.get(method) if isinstance(method, str) else None
    if not isinstance(told, dict) or algorithm is None or not isinstance(count, int):
        shown = UNKNOWN.sub("…", text)
        if UNKNOWN.search(text):
            made.ask(
                "--speculative-algorithm",
                f"vLLM's `--speculative-config {shown}` is not known whole",
            )
            return
        made.say(
            Kind.LEFT_OUT,
            f"`--speculative-config {shown}` is not translated: it is `--speculative-…` here",
        )
        return
    made.words += ["--speculative-algorithm", algorithm]
    if algorithm == "NGRAM":
        made.words += ["--speculative-num-draft-tokens", str(count + 1)]
    else:
        made.words += ["--speculative-num-steps", str(count), "--speculative-eagle-topk", "1",
                       "--speculative-num-draft-tokens", str(count + 1)]  # fmt: skip
    if isinstance(draft := told.get("model"), str):
        made.words += ["--speculative-draft-model-path", draft]
    if kernels := sorted({"attention_backend", "draft_tensor_parallel_size"} & set(told)):
        made.say(
            Kind.MOVED, f"of `--speculative-config`, SGLang chooses {', '.join(kernels)} by itself"
        )
    rest = sorted(set(told) - {"method", "num_speculative_tokens", "model", *kernels})
    if rest:
        made.say(
            Kind.LEFT_OUT, f"of `--speculative-config`, these are not translated: {', '.join(rest)}"
        )


def _limits(text: str) -> str:
    """Write `image=4,video=1` as JSON, which is JSON already in newer releases."""
    pairs = [part.partition("=") for part in text.split(",")]
    if all(sign and value.isdigit() for _, sign, value in pairs):
        return json.dumps({name: int(value) for name, _, value in pairs})
    return text


def _value(text: str) -> object:
    return int(text) if text.isdigit() else text
