"""A first profile for a model on a GPU: the smallest shape that fits, and the reason for each line.

What is proposed is judged by every check, with what the hub says of the model; a cure that a check
names is taken, with the check's words as its reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from deployer.adopt.emit import emit
from deployer.adopt.profile import slug
from deployer.behaviour.unknown import NoEstimate
from deployer.check.parsers import family
from deployer.check.run import judge
from deployer.compile.case import Case
from deployer.finding import Finding, Severity
from deployer.fit.fit import Fit, fit
from deployer.late import compile_pattern
from deployer.lock.known import checkpoints
from deployer.lock.lock import FoundLock
from deployer.profile.fields import section_types
from deployer.profile.yaml_scalars import resolve

COUNTS = (1, 2, 4, 8)
"""GPUs of one replica that are tried: sizes by which models divide, up to one container's."""

TOKENS_EACH = 4096
"""Tokens of a conversation that the proposed number of requests is reckoned with."""

MOST_REQUESTS, LEAST_REQUESTS = 256, 8
ROUNDS = 8
"""Times that a proposal is judged: a cure may show another finding that has one."""

CURE = compile_pattern(r"write `([a-z_.]+): ([^`]+)`")
AT_LEAST = compile_pattern(r"at least (\d+)")
WIDTH = 90
"""Columns of a comment."""


class NoShapeError(ValueError):
    """No number of GPUs of the kind holds the model; the message says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a profile is begun for; ``revision`` is the model's commit."""

    repo: str
    revision: str
    gpu: str
    version: str
    name: str = ""
    count: int | None = None
    image: str = ""


@dataclass(slots=True)
class Draft:
    """A profile in the making: its sections, and a reason for the key at a path."""

    sections: dict[str, Any]
    reasons: dict[str, str] = field(default_factory=dict)

    def put(self, path: str, value: object, reason: str) -> None:
        """Set a key, and say why."""
        *above, last = path.split(".")
        place = self.sections
        for name in above:
            place = place.setdefault(name, {})
        place[last] = value
        self.reasons[path] = reason

    def text(self) -> str:
        """Write the profile."""
        return emit(self.sections, {path: _wrapped(text) for path, text in self.reasons.items()})


@dataclass(frozen=True, slots=True)
class Proposed:
    """A profile's text, the number of its GPUs, and what check still finds."""

    text: str
    name: str
    count: int
    findings: tuple[Finding, ...]


def propose(wanted: Wanted, beside: FoundLock) -> Proposed:
    """Propose a profile; raises NoShapeError where the model fits on no replica."""
    why_not = ""
    best: tuple[Draft, Fit] | None = None
    counts = (wanted.count,) if wanted.count else COUNTS
    for count in counts:
        draft = begun(wanted, count)
        case, errors = _judged(draft, beside)
        if errors or case is None:
            why_not = errors[0].message if errors else "the profile cannot be read"
            continue
        found = fit(case.release, checkpoint=case.checkpoints.model)
        if isinstance(found, NoEstimate):
            _say_count(
                draft, wanted, f"the weights fit; what else does is not reckoned: {found.reason}"
            )
            return _settled(draft, beside)
        if found.pool is None:
            why_not = f"{found.weights:.1f} GiB of weights leave no room on each GPU"
            continue
        best = draft, found
        if found.fits_once:
            break
    if best is None:
        message = f"{wanted.repo} fits on no {'/'.join(map(str, counts))} {wanted.gpu}: {why_not}"
        raise NoShapeError(message)
    draft, found = best
    _fitted(draft, wanted, found)
    return _settled(draft, beside)


def begun(wanted: Wanted, count: int) -> Draft:
    """Give the lines that no reckoning decides."""
    name = wanted.name or slug(wanted.repo.rpartition("/")[2])
    draft = Draft({"name": name, "target": "modal"})
    draft.put("model.repo", wanted.repo, "")
    draft.put(
        "model.revision", wanted.revision, "What `main` is today; a branch could move under you."
    )
    draft.put("model.served_name", name, "The name that clients ask for.")
    draft.put("hardware.gpu", wanted.gpu, "As asked.")
    draft.put("hardware.count", count, "")
    draft.put("engine.version", wanted.version, "The newest release that deployer knows.")
    own = "SGLang's own image of that release."
    draft.put("engine.image", wanted.image or f"lmsysorg/sglang:v{wanted.version}", own)
    draft.put("parallel.tp", count, "Every layer is divided over all GPUs.")
    if (known := family(wanted.repo)) is not None:
        if known.reasoning:
            reason = f"{known.title} models think aloud: it goes into `reasoning_content`."
            draft.put("serving.reasoning_parser", known.reasoning[0], reason)
        if known.tools:
            reason = f"How {known.title} models write tool calls."
            draft.put("serving.tool_call_parser", known.tools[0], reason)
    draft.put("modal.app", name, "")
    draft.put("modal.weights", {"volume": f"{name}-weights", "path": "/model-cache"},
              "The weights are downloaded once, and stay.")  # fmt: skip
    draft.put("modal.api_key_secret", f"{name}-api-key",
              "An address on Modal is public: who asks needs the key of this secret.")  # fmt: skip
    draft.put("modal.min_containers", 0, "Nothing runs, and nothing is paid, while nobody asks.")
    draft.put("modal.max_containers", 1, "One replica at most, until its load is known.")
    return draft


def tiny(name: str, version: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Give a profile of the tiny model on this machine's CPU, and its reasons."""
    sections: dict[str, Any] = {
        "name": name,
        "target": "local",
        "model": {"source": "builtin", "repo": "tiny", "served_name": name},
        "hardware": {"gpu": "none", "count": 0},
        "engine": {"version": version, "args": {"sleep-on-idle": True}},
        "memory": {"max_total_tokens": 16384},
        "schedule": {"max_running_requests": 8},
        "serving": {"host": "127.0.0.1", "api_key_env": None},
    }
    reasons = {
        "model": "A model that comes with deployer: no account, no GPU, no download.",
        "engine.args": "Without it the scheduler keeps one core busy while nobody asks.",
        "memory.max_total_tokens": "Else the pool is sized from all of this machine's memory.",
        "schedule.max_running_requests": "As many as a CPU answers at a time.",
        "serving.host": "Only this machine reaches it, so nobody needs a key.",
    }
    return sections, reasons


def _say_count(draft: Draft, wanted: Wanted, reason: str) -> None:
    asked = "As asked" if wanted.count else "The fewest that hold the model"
    draft.reasons["hardware.count"] = f"{asked}: {reason}"
    draft.put(
        "schedule.max_running_requests",
        LEAST_REQUESTS,
        "A careful beginning: measure, then raise it.",
    )


def _fitted(draft: Draft, wanted: Wanted, found: Fit) -> None:
    """Fill in what the memory of the GPUs decides."""
    pool = found.tokens * found.ranks
    if not found.fits_once:
        longest = max(1024, found.longest // 1024 * 1024 // 2)
        short = f"The pool of {pool:,} tokens holds no request of the model's {found.context:,}."
        draft.put("model.context_length", longest, short)
    requests = 2 ** int(math.log2(max(pool // TOKENS_EACH, 1)))
    requests = min(MOST_REQUESTS, max(LEAST_REQUESTS, requests))
    _say_count(draft, wanted, f"{found.weights:.1f} of {found.total:.0f} GiB are weights.")
    draft.put("schedule.max_running_requests", requests,
              f"The pool holds about {pool:,} tokens, which is {pool // TOKENS_EACH:,} requests of "
              f"{TOKENS_EACH:,}.")  # fmt: skip


def _judged(draft: Draft, beside: FoundLock) -> tuple[Case | None, list[Finding]]:
    found = judge(draft.text(), "profile", beside=beside)
    errors = [one for one in found.findings if one.severity is Severity.ERROR]
    profile = found.loaded.profile
    return (None if profile is None else Case(profile, checkpoints(beside))), errors


def _settled(draft: Draft, beside: FoundLock) -> Proposed:
    """Take the cures that checks name, until there is none."""
    draft.sections = _ordered(draft.sections)
    findings: tuple[Finding, ...] = ()
    for _ in range(ROUNDS):
        found = judge(draft.text(), "profile", beside=beside).findings
        findings = tuple(one for one in found if one.severity is not Severity.NOTE)
        if not sum(_cured(draft, one) for one in findings):
            break
    count = draft.sections["hardware"]["count"]
    return Proposed(draft.text(), draft.sections["name"], count, findings)


def _cured(draft: Draft, found: Finding) -> bool:
    """Take a finding's cure where it names one; tell whether it did."""
    if found.check == "kernels-without-cache":
        name = draft.sections["name"]
        draft.put("modal.kernel_cache", {"volume": f"{name}-kernels", "path": "/dg-cache"},
                  "Kernels are compiled once: without it at every start.")  # fmt: skip
        return True
    if found.check == "gated-without-token":
        draft.put("modal.hub_secret", "huggingface-secret", f"{found.message}.")
        return True
    section = found.path.partition(".")[0]
    if found.check.startswith("startup") and (least := AT_LEAST.search(found.hint)):
        draft.put("lifecycle.startup_timeout", int(least[1]), f"{found.message}.")
        return True
    for path, value in _named(found.hint, section):
        draft.put(path, value, f"{found.message}.")
        return True
    return False


def _named(hint: str, section: str) -> Iterator[tuple[str, object]]:
    """Give the keys and values that a hint says to write."""
    fields = dict(section_types())
    for match in CURE.finditer(hint):
        path = match[1] if "." in match[1] else f"{section}.{match[1]}"
        above, _, name = path.partition(".")
        if above in fields and name in fields[above].model_fields:
            yield path, resolve(match[2])


def _ordered(sections: dict[str, Any]) -> dict[str, Any]:
    first = {key: value for key, value in sections.items() if not isinstance(value, dict)}
    names = [name for name, _ in section_types()]
    rest = sorted((key for key in sections if key not in first), key=names.index)
    return {**first, **{key: sections[key] for key in rest}}


def _wrapped(text: str) -> str:
    lines = [""]
    for word in re.split(r"\s+", text.strip()):
        if len(lines[-1]) + len(word) >= WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
