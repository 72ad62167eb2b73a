"""A check's YAML examples as whole profiles: what they leave out is a sane profile's."""

from __future__ import annotations

import re
from typing import Any

import yaml

from deployer.check.pages import Page
from deployer.check.rule import Rule
from deployer.facts.gpus import GPUS
from deployer.facts.sglang.catalogue import releases
from tests.check.test_checks import SANE
from tests.dumped import dumped

MARKED = re.compile(r"<(?:U\+([0-9A-F]{4})|0x([0-9A-F]{2}))>")


def whole(example: str, rule: Rule) -> str:
    """Complete an example for the release, GPU and model that its check holds for."""
    return dumped(merged(base(rule), yaml.safe_load(example)))


def base(rule: Rule) -> dict[str, Any]:
    """Give the sane profile on which a check holds."""
    said: dict[str, Any] = {}
    version = SANE["engine"]["version"]
    if not rule.engines.holds(version):
        version = next(each for each in reversed(releases()) if rule.engines.holds(each))
        said["engine"] = {"version": version, "image": f"lmsysorg/sglang:v{version}-cu130"}
    names = [n for n, gpu in GPUS.items() if {n, gpu.architecture} & set(rule.gpus)]
    if names and SANE["hardware"]["gpu"] not in names:
        said["hardware"] = {"gpu": names[0]}
    if rule.models:
        name = rule.models[0].replace("*", "")
        said["model"] = {"repo": name if "/" in name else f"a/{name}"}
    return merged(SANE, said)


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Put what ``other`` says over what ``one`` says, section by section."""
    result = dict(one)
    for name, value in other.items():
        below = result.get(name)
        both = isinstance(value, dict) and isinstance(below, dict)
        result[name] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def completed(example: str) -> str:
    """Complete an example word for word: what is wrong with it may be how it is written."""
    written = MARKED.sub(_character, example)
    sections = set(re.findall(r"^(\w+):", written, re.MULTILINE))
    rest = {name: value for name, value in SANE.items() if name not in sections}
    if written.startswith(("- ", "#")) or "\n---" in written:
        return written + "\n"
    return f"{written}\n{dumped(rest)}"


def _character(match: re.Match[str]) -> str:
    """Give the character that a mark stands for; a byte as `surrogateescape` leaves it."""
    return chr(int(match[1], 16)) if match[1] else chr(0xDC00 + int(match[2], 16))


def is_command(page: Page) -> bool:
    """Whether the examples are flags of a launch command."""
    return page.instead.startswith("--")
