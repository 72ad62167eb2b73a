"""What a changed thing is: one sentence, and its default."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from deployer.compile.arguments import word
from deployer.facts.sglang.catalogue import Catalogue
from deployer.plan.changes import ON
from deployer.plan.defaults import shown_default, shown_value
from deployer.profile.documentation import field_docs
from deployer.profile.fields import models_in
from deployer.profile.model import Profile

LONGEST = 140
"""Characters of a sentence that are kept, as in :attr:`Option.first_sentence`."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One sentence, and the default; both are empty where nobody has written them down."""

    help: str = ""
    default: str = ""


def of_flag(flag: str, *catalogues: Catalogue | None) -> Meaning:
    """Read the catalogues, the first that knows the flag."""
    for catalogue in catalogues:
        option = catalogue.find(flag) if catalogue else None
        if option is not None:
            return Meaning(option.first_sentence, shown_default(option))
    return Meaning()


def of_variable(name: str, *catalogues: Catalogue | None) -> Meaning:
    """Read the catalogues; they hold a variable's default and no help."""
    for catalogue in catalogues:
        if catalogue and name in catalogue.variables:
            return Meaning(default=shown_value(catalogue.variables[name]))
    return Meaning()


def of_key(key: str) -> Meaning:
    """Read the documentation of a profile's field."""
    *parents, name = key.split(".")
    kind: type[BaseModel] | None = Profile
    for parent in parents:
        field = kind.model_fields.get(parent) if kind else None
        kind = next(models_in(field.annotation), None) if field else None
    if kind is None or name not in kind.model_fields:
        return Meaning()
    return Meaning(_first(field_docs(kind).get(name, "")), _default(kind, name))


def _first(text: str) -> str:
    sentence = text.split(". ", maxsplit=1)[0].rstrip(".")
    return sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - 1].rstrip()}…"


def _default(kind: type[BaseModel], name: str) -> str:
    default = kind.model_fields[name].default
    if default is PydanticUndefined or default is None or isinstance(default, BaseModel):
        return ""
    if isinstance(default, bool):
        return ON if default else "off"
    return " ".join(map(word, default)) if isinstance(default, tuple) else word(default)
