"""Whether the engine that is here is the release that the profile names.

An image is believed by its tag, and a tag may name no release (`deepseek-v4-blackwell`), or move.
All that was checked, reckoned and compiled is about the profile's release, so the engine's own
Python is asked before the engine starts. Another release is refused: it reads flags otherwise and
has other defaults, and nobody would notice. A build between releases is told and runs, since its
release is not known to be another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.facts.sglang.versions import is_release, release_key
from deployer.late import compile_pattern
from deployer.serve.packages import package_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.release import Engine

LOCAL = compile_pattern(r"\+[A-Za-z0-9.]*$")
"""What a builder adds to a version, such as ``+cu130`` (PEP 440): the same release."""


def agreed(engine: Engine, environ: Mapping[str, str]) -> str:
    """Ask which SGLang is here; give what is to be said of it, '' where it is the right one.

    Raises Failure where it is another release than the profile's.
    """
    found = package_versions(engine.command[0], environ, [engine.name]).get(engine.name, "")
    if not found:
        return (
            f"the engine's Python does not say which {engine.name} it has; it is taken for "
            f"{engine.version}, as the profile says"
        )
    release = LOCAL.sub("", found)
    if not is_release(release):
        return (
            f"the engine is {engine.name} {found}, which is no release; what was checked is about "
            f"{engine.version}"
        )
    if release_key(release) == release_key(engine.version):
        return ""
    where = f"the image {engine.image}" if engine.image else "this engine"
    message = f"{where} holds {engine.name} {found}, and the profile names {engine.version}"
    hint = (
        f"all that was checked is about {engine.version}: write `engine.version: {release}`, or "
        f"take the image of {engine.version}"
    )
    raise Failure(message, hint=hint)
