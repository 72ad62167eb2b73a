"""What is ejected is imported again: the same flags, and nothing left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.adopt.adopt import Adopted
from deployer.adopt.file import from_file
from deployer.adopt.note import Kind
from deployer.adopt.wishes import Wishes
from deployer.eject.eject import eject
from deployer.eject.left import COMPOSE, DOCKER, FORMS, KUBERNETES, MODAL, SKYPILOT
from deployer.release import Release
from tests.volume import scaled

from .releases import PROFILES, SHIPPED, SPANNING, released

NAMES = {
    MODAL: "deploy.py",
    DOCKER: "run.sh",
    COMPOSE: "compose.yaml",
    KUBERNETES: "server.yaml",
    SKYPILOT: "task.yaml",
}


def built(release: Release, form: str) -> bool:
    """Whether the file builds an image of its own, whose name tells no release."""
    assert release.modal is not None
    return form in {DOCKER, COMPOSE} and bool(release.modal.packages)


def again(release: Release, form: str) -> tuple[Adopted, Release | None]:
    """Import what was ejected; docker and compose do not say which GPU it is."""
    gpu = release.hardware.gpu if form in {DOCKER, COMPOSE} else ""
    version = release.engine.version if built(release, form) else ""
    text = eject(release, form).text
    wishes = Wishes(gpu=gpu, release=version)
    adopted = from_file(NAMES[form], text, wishes, lambda _: None)
    return adopted, released(adopted.profile) if adopted.complete else None


def same(before: Release, after: Release, *, own_image: bool) -> None:
    """Whether two releases start the same engine with the same flags on the same hardware."""
    words = [sorted(one.words() for one in each.arguments) for each in (before, after)]
    assert words[0] == words[1]
    image = after.engine.image if own_image else before.engine.image
    assert after.engine == replace(before.engine, image=image)
    assert (after.model.repo, after.model.commit) == (before.model.repo, before.model.commit)
    assert (after.hardware.count, after.listen.port) == (
        before.hardware.count, before.listen.port,
    )  # fmt: skip
    assert after.hardware.gpu == before.hardware.gpu
    variables = [
        {one.name: one.value for one in each.environment if one.name != "SGLANG_DG_CACHE_DIR"}
        for each in (before, after)
    ]
    assert variables[0] == variables[1]
    assert after.listen.api_key_variable == before.listen.api_key_variable


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("release", SHIPPED, ids=lambda one: one.name)
def test_a_shipped_profile_survives(release: Release, form: str) -> None:
    adopted, after = again(release, form)

    assert after is not None, adopted.notes
    assert not [note for note in adopted.notes if note.kind in {Kind.LEFT_OUT, Kind.TODO}]
    same(release, after, own_image=built(release, form))
    if form == MODAL:
        assert release.modal is not None
        assert after.modal is not None
        for part in ("app", "weights", "kernel_cache", "api_key_secret", "hub_secret", "auth",
                     "endpoint", "max_containers", "scaledown_window", "cpu", "memory", "timeout",
                     "max_inputs", "target_inputs"):  # fmt: skip
            assert getattr(after.modal, part) == getattr(release.modal, part), part


@pytest.mark.parametrize("form", [KUBERNETES, SKYPILOT])
def test_several_machines_are_asked_about(form: str) -> None:
    adopted, _ = again(SPANNING, form)
    asked = {note.path for note in adopted.notes if note.kind is Kind.TODO}

    assert asked == {"hardware.count", "parallel.tp"}
    assert "repo: deepseek-ai/DeepSeek-R1" in adopted.profile


CHANGES = st.fixed_dictionaries(
    {
        "max_running_requests": st.integers(1, 512),
        "max_prefill_tokens": st.integers(1024, 65536),
        "port": st.integers(1024, 65535),
        "watchdog_timeout": st.integers(60, 7200),
        "mem_fraction_static": st.sampled_from(["0.8", "0.75", "0.9"]),
    }
)


@given(CHANGES, st.sampled_from(FORMS), st.sampled_from(PROFILES))
@scaled(1)
def test_a_changed_profile_survives(changes: dict[str, object], form: str, path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    for key, one in changes.items():
        lines = [
            f"{line[: line.index(key)]}{key}: {one}" if line.strip().startswith(f"{key}:") else line
            for line in lines
        ]
    release = released("\n".join(lines) + "\n")
    adopted, after = again(release, form)

    assert after is not None, adopted.notes
    same(release, after, own_image=built(release, form))
