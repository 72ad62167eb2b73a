"""Releases and standings that the tests of plans start from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from deployer.cli.reading import read_release
from deployer.compile.pin import pin
from deployer.plan.deployment import Deployed, PhaseFact, Standing
from deployer.release import ModalParameters, Release

COMMIT = "a" * 40


def from_main(release: Release) -> Release:
    """Give a release as if its profile said `main`, whatever the shipped one says."""
    model = replace(release.model, revision="main", commit="", path="/model-cache/GLM-5.1-FP8")
    return pin(replace(release, model=model), lambda _: COMMIT)


BASE = from_main(read_release("profiles/b200-fp8-eagle.yaml"))
READY = (
    PhaseFact("weights", done=True, reason="complete since 2026-11-20, 142 files, 756.1 GB"),
    PhaseFact("kernels", done=True, reason="compiled on 2026-11-20, 31 kernels"),
)
MISSING = (
    PhaseFact("weights", done=False, reason="no complete download is on the volume"),
    PhaseFact("kernels", done=False, reason="kernels compile: none are on the volume"),
)


def modal(release: Release) -> ModalParameters:
    assert release.modal is not None
    return release.modal


def with_modal(**parts: Any) -> Release:
    return replace(BASE, modal=replace(modal(BASE), **parts))


def with_flag(name: str, value: str) -> Release:
    arguments = tuple(replace(a, values=(value,)) if a.flag == name else a for a in BASE.arguments)
    return replace(BASE, arguments=arguments)


def deployed(of: Release = BASE, **parts: Any) -> Deployed:
    known = Deployed(
        release=of,
        digest=of.digest()[:40],
        app=modal(of).app,
        environment="main",
        version=7,
        state="deployed",
        who="ana",
        when=1_795_000_000.0,
        commit="1a2b3c4d5e6f7a8b9c0d",
        dirty=True,
        url="https://ana--glm.modal.run",
        containers=2,
    )
    return replace(known, **parts)


def live(found: Deployed | None, *facts: PhaseFact, notes: tuple[str, ...] = ()) -> Standing:
    return Standing("modal", found, facts, notes)
