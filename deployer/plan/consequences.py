"""The consequences of one change: rules for its flag, variable or key, and what can be reckoned."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from deployer.facts.sglang.catalogue import Option
from deployer.facts.sglang.loaders import FORMAT_FLAG, WITHOUT_PAGES
from deployer.facts.sglang.powers import Power
from deployer.late import compile_pattern
from deployer.lock import reference
from deployer.plan import money
from deployer.plan.again import reasons
from deployer.plan.capacity import NoEstimate, Server, estimate
from deployer.plan.changes import ADAPTER, DRAFT, Change
from deployer.plan.effects import Consequence, Effect, ordered
from deployer.plan.flag_rules import NAMESPACES, RULES, SPECULATIVE
from deployer.plan.parameter_rules import PARAMETERS, VARIABLES
from deployer.plan.powers import of_change
from deployer.plan.sides import Sides
from deployer.plan.speculation import WHY
from deployer.release import Argument, Release

RESTART = {
    "modal": "the next deploy replaces the containers that run",
    "local": "the next apply ends the server that runs, and starts another",
}
BESIDE = "what runs goes on until it is destroyed, and the next apply starts another beside it"
LOADER = {flag.removeprefix("--") for flag in (FORMAT_FLAG, WITHOUT_PAGES)}
"""Flags that decide how fast weights are read."""

SAME_MEANING = "the same setting, as this release spells it"

MONEY: dict[str, Callable[[Sides], Consequence]] = {
    "hardware.gpu": money.container,
    "hardware.count": money.container,
    "modal.min_containers": money.kept,
    "modal.cpu": money.reserved,
    "modal.memory": money.reserved,
    "modal.max_containers": money.most,
    "modal.scaledown_window": money.idle,
}
"""Keys whose money has a figure."""

REMOTE_CODE = {
    "model.repo": "`trust_remote_code` is on, so the code of the other repository runs",
    "model.revision": "`trust_remote_code` is on, so the code of the new revision runs",
    "model.commit": "`trust_remote_code` is on, so the code of the new commit runs",
}
"""Keys that decide which code `trust_remote_code` runs."""

MEASURED = compile_pattern(
    r"hardware\.gpu|model\.repo|--(mem-fraction-static|kv-cache-dtype|max-total-tokens|tp-size"
    r"|chunked-prefill-size|max-prefill-tokens|max-running-requests|context-length"
    r"|speculative-(algorithm|num-steps|num-draft-tokens|eagle-topk)|(disable-)?cuda-graph.*)"
)
"""What the estimate of the pool knows about: these change it, or leave it as it is where the
fraction is stated."""


Again = Mapping[Effect, frozenset[str]]
"""What of the changes makes weights be downloaded, or kernels compile, again (:mod:`again`)."""


DIVIDING = compile_pattern(r"--(pp-size|dp-size|attn-dp-size|enable-dp-attention|page-size)")
"""What divides the pools of a server otherwise, of which one alone may have no meaning."""


def consequences(change: Change, sides: Sides, again: Again) -> tuple[Consequence, ...]:
    """Give what one change leads to, the most important first; never nothing."""
    made = [
        Consequence(effect, _WHY[effect](sides), money.once(effect, sides))
        for effect, blamed in again.items()
        if change.what in blamed
    ]
    if change.kind == "renamed" and not made:
        return (Consequence(Effect.NOTHING, SAME_MEANING),)
    if change.what.startswith("--"):
        found = _of_flag(change, sides)
    elif change.what in {v.name for side in (sides.old, sides.new) for v in side.environment}:
        found = _of_variable(change, sides)
    elif change.what.startswith("warm-up "):
        found = _from_rules("lifecycle.warmup")
    elif change.what.startswith((ADAPTER, DRAFT)):
        found = _from_rules(change.key)
    else:
        found = _of_key(change, sides)
    found = [*made, *found]
    if not any(one.effect in {Effect.NOTHING, Effect.CONTAINERS} for one in found):
        found.append(Consequence(Effect.CONTAINERS, RESTART[sides.new.target]))
    return ordered(found)


def bears_on_the_pool(what: str) -> bool:
    """Whether the estimate of the pool has something to say about a flag or key."""
    return MEASURED.fullmatch(what) is not None


_WHY: dict[Effect, Callable[[Sides], str]] = {
    Effect.WEIGHTS: lambda _: "they are other weights, or lie elsewhere",
    Effect.KERNELS: lambda sides: f"those of before are for another: {'; '.join(reasons(sides))}",
}


def divides(what: str) -> bool:
    """Whether a flag or key bears on a server's pools, alone or with others."""
    return bears_on_the_pool(what) or DIVIDING.fullmatch(what) is not None


def _of_flag(change: Change, sides: Sides) -> list[Consequence]:
    names = {word.removeprefix("--") for word in change.what.split()}
    known = [_ended(Consequence(r.effect, r.reason), change) for r in RULES if names & r.flags]
    found = [*_power(change, sides), *known]
    if names & LOADER:
        found += _of_loader(change, sides)
    if names & SPECULATIVE:
        found.append(Consequence(Effect.CAPACITY, WHY))
    if not known:
        option = _option(change.what.split()[0], sides)
        namespace = option.category if option else ""
        found += [Consequence(*one) for one in NAMESPACES.get(namespace, ())]
    return [_measured(one, change, sides) for one in found]


def _of_loader(change: Change, sides: Sides) -> list[Consequence]:
    if "dummy" in {change.old, change.new}:
        return [Consequence(Effect.ACCURACY, "`dummy` fills the weights with noise")]
    saved = money.loaded(sides)
    return [] if saved is None else [saved]


def _of_variable(change: Change, sides: Sides) -> list[Consequence]:
    power = _power(change, sides)
    catalogue = sides.new_catalogue
    ours = change.what.startswith(("SGLANG_", "SGL_"))
    if not power and ours and catalogue is not None and change.what not in catalogue.variables:
        return [Consequence(Effect.NOTHING, f"SGLang {catalogue.version} does not read it")]
    for pattern, rules in VARIABLES:
        if re.fullmatch(pattern, change.what):
            return [*power, *(Consequence(*rule) for rule in rules)]
    return power


def _power(change: Change, sides: Sides) -> list[Consequence]:
    """Say what code runs by it, or what it reaches; and of what nobody knows, that."""
    held = of_change(change, sides.new_catalogue, sides.old_catalogue)
    said = ((one, Consequence(Effect.SECURITY, one.reason)) for one in held)
    return [one if power.power is Power.UNKNOWN else _ended(one, change) for power, one in said]


def _ended(found: Consequence, change: Change) -> Consequence:
    """Turn round what a flag or a variable does, where it is taken away."""
    if change.kind != "removed" or found.effect is not Effect.SECURITY:
        return found
    return replace(found, reason=f"no longer so: {found.reason}")


def _of_key(change: Change, sides: Sides) -> list[Consequence]:
    both = sides.old.modal is not None and sides.new.modal is not None
    if change.what.startswith("modal.") and not both:
        return []  # The whole section came or went: `target` says what that means.
    if change.what == "name" and both and _app(sides.old) == _app(sides.new):
        return []  # The next deploy replaces what is there, at the same address.
    found = _from_rules(change.what)
    if change.what in MONEY and both:
        found.append(MONEY[change.what](sides))
    if change.key == "modal.schedule" and both:
        found.append(money.kept(sides))
    if change.what == "target" and sides.new.modal is not None:
        found.append(money.begins(sides))
    if change.what == "serving.api_key_env":
        found += _key(change)
    if change.what in REMOTE_CODE and _runs_remote_code(sides.new):
        found.append(Consequence(Effect.SECURITY, REMOTE_CODE[change.what]))
    if change.what == "engine.image" and _image(change.old) != _image(change.new):
        found.append(Consequence(Effect.SECURITY, "all code that runs is that of another image"))
    return [_measured(one, change, sides) for one in found]


def _app(release: Release) -> tuple[str, str | None] | None:
    """Give what an app on Modal is known by; None where there is none."""
    return (release.modal.app, release.modal.environment) if release.modal else None


def _image(text: str) -> str:
    """Give an image's name, without tag and digest."""
    found = reference.read(text)
    return found.name if found else text


def _from_rules(key: str) -> list[Consequence]:
    rules = PARAMETERS.get(key)
    if rules is None:  # one of several parts, or of names that the author gave
        rules = next((its for of, its in PARAMETERS.items() if key.startswith(f"{of}.")), ())
    return [Consequence(*rule) for rule in rules]


def _key(change: Change) -> list[Consequence]:
    if not change.new:
        return [
            Consequence(Effect.SECURITY, "whoever reaches the endpoint is served", "(no API key)"),
            Consequence(Effect.CLIENTS, "requests need no key any more"),
        ]
    amount = "" if change.old else "(an API key from now on)"
    return [
        Consequence(Effect.SECURITY, "it names the variable that holds the API key", amount),
        Consequence(Effect.CLIENTS, "requests without the key that it holds are refused"),
    ]


def _runs_remote_code(release: Release) -> bool:
    return any(argument.flag == "--trust-remote-code" for argument in release.arguments)


def _option(flag: str, sides: Sides) -> Option | None:
    for catalogue in (sides.new_catalogue, sides.old_catalogue):
        option = catalogue.find(flag) if catalogue else None
        if option is not None:
            return option
    return None


def _measured(found: Consequence, change: Change, sides: Sides) -> Consequence:
    """Say how many tokens the pool gains or loses by this change alone, where that is known."""
    if found.effect is not Effect.CAPACITY or not bears_on_the_pool(change.what):
        return found
    known, new = sides.before.resolved.checkpoints.model, sides.after.resolved.checkpoints.model
    alone = _alone(change, sides)
    before = estimate(sides.old, known)
    after = estimate(alone, known if alone.model == sides.old.model else new)
    if isinstance(before, NoEstimate) or isinstance(after, NoEstimate):
        return found
    return replace(found, amount=tokens(before, after))


def tokens(before: Server, after: Server) -> str:
    """Write a difference of two servers, to a thousand tokens: an estimate is no more precise."""
    difference = round(after.tokens - before.tokens, -3)
    return f"{difference:+,} tokens" if difference else "±0 tokens"


def _alone(change: Change, sides: Sides) -> Release:
    """Give the old release with nothing but this change."""
    old, new = sides.old, sides.new
    if change.what.startswith("--"):
        kept = tuple(a for a in old.arguments if a.flag not in {change.what, change.was})
        added: tuple[Argument, ...] = tuple(a for a in new.arguments if a.flag == change.what)
        return replace(old, arguments=kept + added)
    if change.what == "hardware.gpu":
        return replace(old, hardware=replace(old.hardware, gpu=new.hardware.gpu))
    return replace(old, model=new.model)
