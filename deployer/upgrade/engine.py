"""What becomes of the engine's release, image and variables."""

from __future__ import annotations

import re
from collections.abc import Container

from deployer.facts.sglang.history import variable_lifetimes
from deployer.facts.sglang.replacements_variables import spell_variable, variable_gone
from deployer.facts.sglang.versions import release_key
from deployer.profile.source import Path, format_path
from deployer.upgrade.draft import Draft
from deployer.upgrade.notes import Kind

VERSION: Path = ("engine", "version")
IMAGE: Path = ("engine", "image")
ENV: Path = ("engine", "env")


def migrate_version(draft: Draft) -> None:
    """Pin the new release."""
    old, new = draft.profile.engine.version, draft.new.version
    if old == new or not draft.doc.source.written(VERSION):
        return
    kind = Kind.REWRITTEN if draft.change_value(VERSION, new) else Kind.LEFT
    draft.note(kind, VERSION, old, new)


def migrate_image(draft: Draft) -> None:
    """Name the image of the new release, where the tag holds the old one."""
    image, old, new = draft.profile.engine.image, draft.profile.engine.version, draft.new.version
    if image is None or old == new or _names(image, new) or not draft.doc.source.written(IMAGE):
        return
    if "@" in image:
        why = f"the digest pins the image of {old}; look up that of {new}"
        draft.note(Kind.LEFT, IMAGE, image, why=why)
        return
    head, colon, tag = image.rpartition(":")
    wanted = f"{head}{colon}{_version_in(old).sub(new, tag)}"
    if wanted == image:
        draft.note(Kind.LEFT, IMAGE, image, why=f"the tag does not name {old}; name that of {new}")
    elif draft.change_value(IMAGE, wanted):
        why = "whether the registry has that tag was not looked up"
        draft.note(Kind.REWRITTEN, IMAGE, image, wanted, why)
    else:
        draft.note(Kind.LEFT, IMAGE, image, wanted, "it cannot be edited here")


def migrate_variables(draft: Draft, only: Container[str] | None = None) -> None:
    """Give the engine's variables their new names, and say which are read no more.

    Those of ``only``, if given.
    """
    for name, value in draft.profile.engine.env.items():
        path = (*ENV, name)
        here = draft.doc.source.written(path)
        if not here or (only is not None and format_path(path) not in only):
            continue
        lost = variable_gone(name, value)
        if lost is not None and release_key(lost.since) <= release_key(draft.new.version):
            why = f"{lost.why}, and nothing reads it from {lost.since} on"
            done = lost.harmless and draft.comment_out(path)
            why += f"; the nearest is `{lost.instead}`" if lost.instead else ""
            draft.note(Kind.COMMENTED if done else Kind.LEFT, path, name, why=why)
            continue
        said = spell_variable(draft.new, name)
        if said is None and variable_lifetimes(name):
            why = f"SGLang {draft.new.version} declares no such variable"
            draft.note(Kind.LEFT, path, name, why=why)
        elif said is not None and said != name:
            done = draft.rename_key(path, said)
            why = "" if done else f"`{said}` is there already"
            draft.note(Kind.REWRITTEN if done else Kind.LEFT, path, name, said, why)


def _names(image: str, version: str) -> bool:
    return _version_in(version).search(image.rpartition(":")[2]) is not None


def _version_in(version: str) -> re.Pattern[str]:
    """Match a version in a tag, and not the beginning of another (0.5.1 in 0.5.10)."""
    return re.compile(rf"(?<![\d.]){re.escape(version)}(?!\.?\d|\.?post)")
