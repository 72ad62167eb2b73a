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
from deployer.adopt.surroundings import CACHES, KERNELS, engine, hardware
from deployer.adopt.wishes import Wishes
from deployer.facts.modal.keywords import HOME
from deployer.facts.sglang.catalogue import Catalogue
from deployer.late import compile_pattern
from deployer.profile.model import Profile

HUB = compile_pattern(r"[\w.-]+/[\w.-]+")
REVISION = compile_pattern(r"[\w./-]+")
"""What `model.revision` takes; anything else stays with the engine's own flag."""

TAKEN = frozenset({"/", "/tmp", HOME, "/mnt", "/workspace", "/app"})  # noqa: S108 - in a container
"""Folders that images have something in: no volume can be mounted there."""

SNAPSHOT = compile_pattern(r"models--([\w.-]+?)--([\w.-]+)")
"""A model's folder in the cache of huggingface_hub."""


def document(
    catalogue: Catalogue, found: Found, placed: Placed, wishes: Wishes
) -> tuple[dict[str, Any], dict[str, str]]:
    """Give the profile's sections in the order of the file, and the comments for them."""
    comments: dict[str, str] = {}
    _drop_idle_draft(placed)
    _drop_same_tokenizer(placed)
    _say_copies(found, placed, wishes)
    model = _model(found, placed, wishes)
    named = str(model.get("served_name") or model.get("repo") or model.get("path") or "")
    name = wishes.name or slug(named.rstrip("/").rpartition("/")[2])
    around = _by_section(found.around.fields)
    gpus = hardware(found, placed, wishes, comments)
    on_modal = _modal(found, name, model, placed, comments) if wishes.target == "modal" else None
    sections: dict[str, Any] = {
        **placed.sections,
        "name": name,
        "target": wishes.target,
        "model": {**model, **placed.sections.get("model", {})},
        "hardware": gpus,
        "engine": engine(catalogue, found, placed, wishes, comments),
        "parallel": _parallel(placed),
        "serving": _serving(catalogue, found, placed, wishes),
        "modal": on_modal,
    }
    if wishes.target == "modal":
        for section, values in around.items():
            sections[section] = {**(sections.get(section) or {}), **values}
        if _proxied(found) and _keyed(found, placed):
            sections["modal"]["auth"] = "both"
    for path, value in wishes.answers:
        placed.todos.pop(path, None)
        section, _, key = path.partition(".")
        sections[section] = {**(sections.get(section) or {}), key: value}
    order = [field for field in Profile.model_fields if sections.get(field)]
    return {field: sections[field] for field in order}, comments


def _by_section(fields: tuple[tuple[str, Any], ...]) -> dict[str, dict[str, Any]]:
    """Sort values by the section of their path, those that a profile has."""
    sections: dict[str, dict[str, Any]] = {}
    for path, value in fields:
        section, _, key = path.partition(".")
        sections.setdefault(section, {})[key] = value
    return sections


def _drop_idle_draft(placed: Placed) -> None:
    """Leave out what describes a draft where no algorithm makes one."""
    draft = placed.sections.get("speculative")
    if draft and "algorithm" not in draft:
        named = ", ".join(f"`speculative.{name}`" for name in draft)
        text = f"{named} says nothing without `--speculative-algorithm`"
        placed.notes.append(Note(Kind.LEFT_OUT, text))
        del placed.sections["speculative"]


def _drop_same_tokenizer(placed: Placed) -> None:
    """Leave the tokenizer out where it is the model's own, which it is by itself."""
    given = placed.args.get("tokenizer-path")
    if given is not None and given == placed.values.get("--model-path"):
        del placed.args["tokenizer-path"]
        placed.notes.append(
            Note(Kind.MOVED, "`--tokenizer-path` is the model's own, which it is anyway")
        )


def _say_copies(found: Found, placed: Placed, wishes: Wishes) -> None:
    """Say what becomes of copies that are always up: nobody gets what costs most unasked."""
    if (copies := found.around.copies) == 0:
        return
    text = f"copies of the server that are up all the time ({copies}) are not taken over: "
    if wishes.target == "modal":
        text += (
            "the profile starts one when requests come; `modal.min_containers` and "
            f"`modal.max_containers`, both {copies}, would keep them up"
        )
    else:
        text += "on this machine a profile is one server"
    placed.notes.append(Note(Kind.MOVED, text))


def _model(found: Found, placed: Placed, wishes: Wishes) -> dict[str, Any]:
    given = str(placed.values.get("--model-path", ""))
    answered = dict(wishes.answers)
    model: dict[str, Any] = {}
    if not given or UNKNOWN.search(given):
        if not found.around.repos or given:
            placed.ask(
                "model.repo",
                f"which Hugging Face repository is served?{placed.why('--model-path')}",
            )
        else:
            model["repo"] = found.around.repos[0][1]
        given = ""
    else:
        model |= _repo(given, found, placed)
    revision = placed.args.get("revision")
    named = isinstance(revision, str) and REVISION.fullmatch(revision)
    if named and not given.startswith("/"):
        model["revision"] = placed.args.pop("revision")
    if given.startswith("/"):
        model["path"] = given.rstrip("/") or "/"
    elif wishes.target == "local" and "model.path" not in answered:
        placed.ask(
            "model.path", "in which folder do the weights lie? On this machine a folder is served."
        )
    return _named(model, placed, given)


def _named(model: dict[str, Any], placed: Placed, given: str) -> dict[str, Any]:
    """Give the model with the name that clients ask for: the engine's own is the model's."""
    served = str(placed.values.get("--served-model-name", given or model.get("repo", "")))
    if not served or UNKNOWN.search(served):
        placed.ask(
            "model.served_name",
            f"which name do clients ask for?{placed.why('--served-model-name')}",
        )
    elif not re.fullmatch(r"[\w./:-]+", served):
        placed.ask(
            "model.served_name",
            f"which name do clients ask for? `{served}` has signs that none may have.",
        )
    else:
        model["served_name"] = served
    return {key: model[key] for key in ("repo", "revision", "path", "served_name") if key in model}


def _repo(given: str, found: Found, placed: Placed) -> dict[str, Any]:
    """Give the repository that a path or a name stands for; ask where nothing says it."""
    if HUB.fullmatch(given) and not given.startswith((".", "~")):
        return {"repo": given}
    if (match := SNAPSHOT.search(given)) is not None:
        return {"repo": f"{match[1]}/{match[2]}"}
    for folder, repo, revision in found.around.repos:
        if folder and given.rstrip("/") == folder.rstrip("/"):
            return {"repo": repo, **({"revision": revision} if revision else {})}
    placed.ask("model.repo", f"from which Hugging Face repository are the weights in {given}?")
    return {}


def _parallel(placed: Placed) -> dict[str, Any]:
    """State the tensor-parallel size: the engine's default is one, deployer's is every GPU."""
    given = placed.sections.get("parallel", {})
    if (
        "tp" in given
        or "--tp-size" in placed.unsure
        or placed.open_sizes
        or "parallel.tp" in placed.todos
    ):
        return given
    return {"tp": 1, **given}


def _serving(catalogue: Catalogue, found: Found, placed: Placed, wishes: Wishes) -> dict[str, Any]:
    """State the engine's own address and port, which are not a profile's defaults."""
    serving = dict(placed.sections.get("serving", {}))
    for field, flag in (("host", "--host"), ("port", "--port")):
        option = catalogue.find(flag)
        if not placed.open and flag not in placed.unsure:
            serving.setdefault(field, option.default if option is not None else None)
    if wishes.target == "modal" and serving.get("host") != "0.0.0.0":  # noqa: S104 - in a container it must
        serving["host"] = "0.0.0.0"  # noqa: S104 - as above
        text = "in a container the server must listen on 0.0.0.0"
        placed.notes.append(Note(Kind.ASSUMED, text))
    if wishes.target == "modal" and (_keyed(found, placed) or not _proxied(found)):
        serving["api_key_env"] = found.around.key_env or "API_KEY"
    elif "--api-key" in placed.values:
        serving["api_key_env"] = "API_KEY"
    else:
        serving["api_key_env"] = None
    if "--api-key" in placed.values:
        text = "the API key is not copied: it comes from the variable that `serving.api_key_env`"
        placed.notes.append(Note(Kind.MOVED, f"{text} names"))
    elif wishes.target == "modal" and not found.around.key_env and not _proxied(found):
        text = (
            "the command asks nobody for a key, and an address on Modal is public: one is asked "
            "for, and `serving.api_key_env: null` would serve everyone"
        )
        placed.notes.append(Note(Kind.ASSUMED, text))
    ordered: dict[str, Any] = {}
    ordered |= {key: serving.pop(key) for key in ("host", "port") if key in serving}
    return ordered | serving


def _modal(
    found: Found, name: str, model: dict[str, Any], placed: Placed, comments: dict[str, str]
) -> dict[str, Any]:
    path = str(model.get("path", ""))
    mounts = {at: volume for at, volume, _ in found.around.volumes}
    stated = {at: dict(options) for at, _, options in found.around.volumes}
    holding = [
        one for one in mounts if path and (path == one or path.startswith(f"{one.rstrip('/')}/"))
    ]
    if holding:
        at = max(holding, key=len)
        weights = {"volume": mounts.pop(at), "path": at, **_version(stated[at])}
    else:
        weights = {"volume": f"{name}-weights", "path": path.rpartition("/")[0] or "/model-cache"}
        if path and (path.rpartition("/")[0] or "/") in TAKEN:
            weights["path"] = "/model-cache"
            model.pop("path", None)
            text = f"the weights lie on a volume of deployer's, instead of {path}"
            placed.notes.append(Note(Kind.MOVED, text))
    _drop_caches(found, placed, mounts)
    modal: dict[str, Any] = {"app": name, "weights": weights}
    kernels = dict(found.variables).get(KERNELS, "").rstrip("/")
    if kernels in mounts:
        modal["kernel_cache"] = {
            "volume": mounts.pop(kernels), "path": kernels, **_version(stated[kernels]),
        }  # fmt: skip
    else:
        comments["modal.weights"] = (
            "A model in FP8 compiles DeepGEMM's kernels: `kernel_cache`, a second volume, keeps "
            "them."
        )
    if mounts:
        modal["volumes"] = [
            {"volume": volume, "path": at, "read_only": False, **stated[at]}
            for at, volume in mounts.items()
        ]
    if len(found.around.hub_secrets) == 1:
        modal["hub_secret"] = found.around.hub_secrets[0]
    secrets = ", ".join(found.around.secrets)
    several = len(found.around.secrets) > 1 or found.around.nameless
    if secrets and found.around.key_env and not several:
        modal["api_key_secret"] = secrets
    elif secrets and (_keyed(found, placed) or several):
        text = f"which of these secrets holds the API key, if one does: {secrets}?"
        placed.ask("modal.api_key_secret", text)
    else:
        if not _proxied(found) or _keyed(found, placed):
            modal["api_key_secret"] = f"{name}-api-key"
        if secrets:
            text = (
                f"the secret {secrets} is not taken for the API key's: nothing says what it holds"
            )
            known = "where it is needed, `modal.hub_secret` or `modal.secrets` names it"
            placed.notes.append(Note(Kind.MOVED, f"{text}; {known}"))
    return modal


def _drop_caches(found: Found, placed: Placed, mounts: dict[str, str]) -> None:
    """Leave out volumes that cache what the hub gave, or what another engine compiled."""
    given = dict(found.variables)
    hub = {f"{HOME}/.cache/huggingface", *(given[name] for name in CACHES if given.get(name))}
    for at in list(mounts):
        if any(at == one.rstrip("/") or at.startswith(f"{one.rstrip('/')}/") for one in hub):
            why = "the weights lie on one of deployer's, downloaded once"
        elif at.endswith("/.cache/vllm"):
            why = "it holds what vLLM compiled"
        else:
            continue
        text = f"the volume {mounts.pop(at)} at {at} is not kept: {why}"
        placed.notes.append(Note(Kind.MOVED, text))


def _version(options: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key == "version"}


def _keyed(found: Found, placed: Placed) -> bool:
    """Whether the command asks clients for a key."""
    return bool(found.around.key_env) or "--api-key" in placed.values


def _proxied(found: Found) -> bool:
    """Whether Modal lets in only who brings its proxy token."""
    return ("modal.auth", "proxy") in found.around.fields


def slug(text: str) -> str:
    """Give a deployment's name from a text."""
    made = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return made[:48].strip("-") or "imported"
