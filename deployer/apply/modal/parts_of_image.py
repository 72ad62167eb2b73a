"""The engine's image: what its registry has, and a layer for each step that the profile adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import modal

from deployer.compile.patching import patch_command

if TYPE_CHECKING:
    from deployer.release import ImageStep, Release


def engine_image(release: Release) -> modal.Image:
    """Make the image of a release.

    Its own entrypoint would run in place of Modal's, so there is none.
    """
    engine = release.engine
    secret = modal.Secret.from_name(engine.registry_secret) if engine.registry_secret else None
    image = modal.Image.from_registry(engine.image, secret=secret).entrypoint([])
    for step in engine.image_steps:
        image = _built(image, step)
    packages = release.modal.packages if release.modal is not None else ()
    return image.pip_install(*packages) if packages else image


def _built(image: modal.Image, step: ImageStep) -> modal.Image:
    secrets = [modal.Secret.from_name(name) for name in step.secrets]
    if step.kind == "apt":
        return image.apt_install(*step.words)
    if step.kind == "pip":
        main, *more = step.indexes or ("",)
        return image.pip_install(
            *step.words,
            index_url=main or None,
            extra_index_url=next(iter(more), "") or None,
            secrets=secrets,
        )
    if step.kind == "env":
        return image.env(dict(word.split("=", maxsplit=1) for word in step.words))
    if step.kind == "patch":
        return image.run_commands(patch_command(step))
    return image.run_commands(*step.words, secrets=secrets)
