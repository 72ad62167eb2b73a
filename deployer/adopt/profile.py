"""From the placed options of a launch to a whole profile.

What a command does not say is derived, and what was assumed is said.
"""

from __future__ import annotations

import re
from typing import Any

from deployer.adopt.find import Found
from deployer.adopt.note import Kind, Note
from deployer.adopt.place import Placed
from deployer.adopt.script import UNKNOWN
from deployer.adopt.surroundings import engine, hardware
from deployer.adopt.wishes import Wishes
from deployer.facts.sglang.catalogue import Catalogue
from deployer.late import compile_pattern
from deployer.profile.model import Profile

HUB = compile_pattern(r"[\w.-]+/[\w.-]+")
REVISION = compile_pattern(r"[\w./-]+")
"""What `model.revision` takes; anything else stays with the engine's own flag."""

SNAPSHOT = compile_pattern(r"models--([\w.-]+?)--([\w.-]+)")
"""A model's folder in the cache of huggingface_hub."""


def document(
    catalogue: Catalogue, found: Found, placed: Placed, wishes: Wishes
) -> tuple[dict[str, Any], dict[str, str]]:
    """Give the profile's sections in the order of the file, and the comments for them."""
    comments: dict[str, str] = {}
    _drop_idle_draft(placed)
    model = _model(placed, wishes)
    name = wishes.name or _slug(str(model["served_name"]).rpartition("/")[2])
    sections: dict[str, Any] = {
        **placed.sections,
        "name": name,
        "target": wishes.target,
        "model": {**model, **placed.sections.get("model", {})},
        "hardware": hardware(found, placed, wishes, comments),
        "engine": engine(catalogue, found, placed, wishes, comments),
        "parallel": _parallel(placed),
        "serving": _serving(catalogue, placed, wishes),
        "modal": _modal(name, model, placed) if wishes.target == "modal" else None,
    }
    order = [field for field in Profile.model_fields if sections.get(field)]
    return {field: sections[field] for field in order}, comments


def _drop_idle_draft(placed: Placed) -> None:
    """Leave out what describes a draft where no algorithm makes one."""
    draft = placed.sections.get("speculative")
    if draft and "algorithm" not in draft:
        named = ", ".join(f"`speculative.{name}`" for name in draft)
        text = f"{named} says nothing without `--speculative-algorithm`"
        placed.notes.append(Note(Kind.LEFT_OUT, text))
        del placed.sections["speculative"]


def _model(placed: Placed, wishes: Wishes) -> dict[str, Any]:
    given = str(placed.values.get("--model-path", "unknown/model"))
    if UNKNOWN.search(given):
        placed.notes.append(Note(Kind.LEFT_OUT, "the model's path is not known: mend `model.repo`"))
        given = "unknown/model"
    served = str(placed.values.get("--served-model-name", given))
    if UNKNOWN.search(served) or not re.fullmatch(r"[\w./:-]+", served):
        note = "the served name is not known or no name: mend `model.served_name`"
        placed.notes.append(Note(Kind.LEFT_OUT, note))
        served = "model"
    model: dict[str, Any] = {"repo": _repo(given, placed), "served_name": served}
    revision = placed.args.get("revision")
    named = isinstance(revision, str) and REVISION.fullmatch(revision)
    if named and not given.startswith("/"):
        model["revision"] = placed.args.pop("revision")
    if given.startswith("/"):
        model["path"] = given.rstrip("/") or "/"
    elif wishes.target == "local":
        note = f"the engine would fetch {given} itself; deployer serves a folder: mend `model.path`"
        placed.notes.append(Note(Kind.ASSUMED, note))
        model["path"] = f"/models/{given.rpartition('/')[2]}"
    return {key: model[key] for key in ("repo", "revision", "path", "served_name") if key in model}


def _repo(given: str, placed: Placed) -> str:
    if HUB.fullmatch(given):
        return given
    if (match := SNAPSHOT.search(given)) is not None:
        return f"{match[1]}/{match[2]}"
    name = re.sub(r"[^\w.-]", "-", given.rstrip("/").rpartition("/")[2]).lstrip("-") or "model"
    if given.startswith("/"):
        note = f"which repository {given} came from is not said: `model.repo` is {name}"
        placed.notes.append(Note(Kind.ASSUMED, note))
    elif name != given:
        note = f"{given} is neither a repository nor a whole path: `model.repo` is {name}"
        placed.notes.append(Note(Kind.LEFT_OUT, note))
    return name


def _parallel(placed: Placed) -> dict[str, Any]:
    """State the tensor-parallel size: the engine's default is one, deployer's is every GPU."""
    return {"tp": 1, **placed.sections.get("parallel", {})}


def _serving(catalogue: Catalogue, placed: Placed, wishes: Wishes) -> dict[str, Any]:
    """State the engine's own address and port, which are not a profile's defaults."""
    serving = dict(placed.sections.get("serving", {}))
    for field, flag in (("host", "--host"), ("port", "--port")):
        option = catalogue.find(flag)
        serving.setdefault(field, option.default if option is not None else None)
    if wishes.target == "modal" and "--host" not in placed.values:
        text = f"the engine would listen on {serving['host']}, which nobody reaches in a container"
        placed.notes.append(Note(Kind.ASSUMED, f"{text}: it listens on 0.0.0.0"))
        serving["host"] = "0.0.0.0"  # noqa: S104 - in a container it must
    if "--api-key" in placed.values:
        text = "the API key is not copied: it comes from the variable that `serving.api_key_env`"
        placed.notes.append(Note(Kind.MOVED, f"{text} names"))
        serving["api_key_env"] = "API_KEY"
    else:
        serving["api_key_env"] = None
    return {"host": serving.pop("host"), "port": serving.pop("port"), **serving}


def _modal(name: str, model: dict[str, Any], placed: Placed) -> dict[str, Any]:
    path = model.get("path", "")
    weights = path.rpartition("/")[0] or "/model-cache"
    modal: dict[str, Any] = {
        "app": name,
        "weights": {"volume": f"{name}-weights", "path": weights},
        "kernel_cache": {"volume": f"{name}-kernels", "path": "/dg-cache"},
    }
    if "--api-key" in placed.values:
        modal["api_key_secret"] = f"{name}-api-key"
    return modal


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return slug[:48].strip("-") or "imported"
