"""The shipped profiles, for `init --example`: in a wheel they lie inside the package.

A checkout has them once, in its folder `profiles/`; the wheel is built from that
(`pyproject.toml`, force-include).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

import deployer
from deployer.cli.locks import lock_file
from deployer.errors import Failure, UsageError
from deployer.profile.layers import base_named, fallbacks_named

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PACKAGE = Path(deployer.__file__).parent
FOLDERS = (PACKAGE / "examples", PACKAGE.parent / "profiles")
"""Where the wheel has them, and where a checkout has them."""


@dataclass(frozen=True)
class Example:
    """A shipped profile, the texts of the files that it names, and its lock; '' for none."""

    text: str
    named: tuple[tuple[str, str], ...]
    lock: str

    def beside_of(self, profile: Path) -> dict[Path, str]:
        """Give what belongs beside the profile, where that is written."""
        named = {profile.with_name(name): text for name, text in self.named}
        return named | ({lock_file(str(profile)): self.lock} if self.lock else {})


def names() -> list[str]:
    """Give the shipped profiles by name."""
    return sorted(path.stem for path in _folder().glob("*.yaml"))


def offered(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer them to a shell."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only for a shell

    return [CompletionItem(name) for name in names() if name.startswith(incomplete)]


def example(name: str) -> Example:
    """Read a shipped profile; raises UsageError for a name that is none."""
    found = names()
    if name not in found:
        msg = f"there is no example `{name}`"
        raise UsageError(msg, hint=f"They are {', '.join(f'`{one}`' for one in found)}")
    text = _read(f"{name}.yaml")
    base, lock = base_named(text), lock_file(str(_folder() / f"{name}.yaml"))
    others = (*([base] if isinstance(base, str) else []), *fallbacks_named(text))
    named = tuple((one, _read(one)) for one in others)
    return Example(text, named, lock.read_text(encoding="utf-8") if lock.exists() else "")


def _folder() -> Path:
    """Give the folder that holds them; raises Failure where none does."""
    for folder in FOLDERS:
        if any(folder.glob("*.yaml")):
            return folder
    msg = "this installation came without the shipped profiles"
    raise Failure(msg, hint="`deployer init --model … --gpu …` writes one of your own")


def _read(path: str) -> str:
    return (_folder() / path).read_text(encoding="utf-8")
