"""Templates, and the one rule about them: no value gets into a file but by a serializer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.eject import quote

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).with_name("templates")


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """Fill in a template; a value that is not quoted for its format is a fault of the template."""
    return str(_template(template).render(values))


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only here

    environment = Environment(  # noqa: S701 - no HTML: `_only_quoted` is what escaping is there
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_only_quoted,
    )
    environment.filters |= {
        "py": quote.python,
        "py_list": quote.python_list,
        "sh_list": quote.shell_list,
        "laid_out": quote.laid_out,
        "yaml": quote.in_yaml,
        "compose": quote.in_compose,
        "compose_json": quote.in_compose_flow,
        "k8s": quote.in_kubernetes,
        "sh": quote.in_shell,
        "item": quote.in_list,
        "note": quote.in_comment,
        "block": quote.in_block,
        "quoted": quote.Quoted,
    }
    return environment.get_template(name)


def _only_quoted(value: object) -> object:
    if isinstance(value, quote.Quoted):
        return value
    message = f"a template prints {value!r} without a serializer"
    raise TypeError(message)
