"""From the parameters of Modal's decorators to the keys of a profile."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from deployer.adopt.note import Kind, Note
from deployer.adopt.script import UNKNOWN
from deployer.profile.fields import section_types

FORMER = {
    "keep_warm": "min_containers",
    "concurrency_limit": "max_containers",
    "container_idle_timeout": "scaledown_window",
    "allow_concurrent_inputs": "max_inputs",
    "region": "regions",
    "startup_timeout@web": "lifecycle.startup_timeout",
    "exit_grace_period@web": "lifecycle.drain_timeout",
    "exit_grace_period": "lifecycle.drain_timeout",
    "env": "engine.env",
}
"""Parameters by the key that says them, where that is another: Modal's names before 1.0 (its
migration guide), and those that stand elsewhere."""

ELSEWHERE = frozenset(
    {
        "gpu",
        "volumes",
        "secrets",
        "image",
        "port",
        "name",
        "serialized",
        "include_source",
    }
)
"""Parameters that are read by themselves, or that name the function alone."""

LIMITED = frozenset({"modal.cpu", "modal.memory"})
"""Keys whose parameter may be a pair, of what is asked for and of its limit."""

GONE = {
    "experimental_options": "it is an experiment of Modal's",
    "retries": "a server is not called again",
    "is_generator": "a server answers by itself",
    "schedule": "nobody calls a server by the clock, and `modal.schedule` keeps containers up",
}


def fields_of(options: dict[str, Any], opens: str) -> tuple[list[tuple[str, Any]], list[Note]]:  # noqa: C901, PLR0912 - one case a form
    """Give the values by their path in a profile, and what a profile does not say."""
    fields: list[tuple[str, Any]] = []
    notes: list[Note] = []
    if opens in {"server", "http_server"}:
        fields.append(("modal.endpoint", "server"))
    elif opens == "web_server":
        fields.append(("modal.endpoint", "web_server"))
    elif opens:
        notes.append(
            Note(
                Kind.MOVED, f"`{opens}`: what the file adds to the engine's own routes is not kept"
            )
        )
    for name, value in options.items():
        if name in ELSEWHERE or value is None:
            continue
        if name == "requires_proxy_auth@web":
            if value is True:
                fields.append(("modal.auth", "proxy"))
            continue
        path = FORMER.get(name, name)
        path = path if "." in path else f"modal.{path}"
        shown = name.partition("@")[0]
        if name in GONE:
            notes.append(Note(Kind.MOVED, f"`{shown}` is not kept: {GONE[name]}"))
        elif _marked(value):
            notes.append(
                Note(
                    Kind.TODO,
                    f"what is `{shown}`? The file tells it only where it runs.",
                    path=path,
                )
            )
        elif path == "engine.env" and isinstance(value, dict):
            fields += [(f"engine.env.{key}", str(one)) for key, one in value.items()]
        else:
            pair = value if isinstance(value, list | tuple) and path in LIMITED else ()
            for key, one in zip((path, f"{path}_limit"), pair or (value,), strict=False):
                taken = _fitting(key, one)
                if taken is not None:
                    fields.append((key, taken))
                else:
                    why = (
                        f"`{key}` does not take its value"
                        if _adapter(key)
                        else "a profile has no key for it"
                    )
                    text = f"`{shown}` of the decorator is not in the profile: {why}"
                    notes.append(Note(Kind.LEFT_OUT, text))
    return fields, notes


def _marked(value: Any) -> bool:  # noqa: ANN401 - any value
    return isinstance(value, str) and UNKNOWN.search(value) is not None


def _fitting(path: str, value: Any) -> Any:  # noqa: ANN401 - any value
    """Give the value as the profile's key takes it; None where there is no such key."""
    adapter = _adapter(path)
    if adapter is None:
        return None
    for one in (
        value,
        [value] if isinstance(value, str) else value,
        int(value) if isinstance(value, float) else value,
    ):
        try:
            adapter.validate_python(one)
        except (ValidationError, ValueError, TypeError):
            continue
        return one
    return None


@cache
def _adapter(path: str) -> TypeAdapter[Any] | None:
    section, _, name = path.partition(".")
    info = dict(section_types())[section].model_fields.get(name)
    if info is None:
        return None
    kind: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    return TypeAdapter(kind)
