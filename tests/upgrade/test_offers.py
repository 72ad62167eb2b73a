"""What an upgrade offers and does not write: a loader that the old release could not use."""

from __future__ import annotations

import pytest

from deployer.report.upgrade import text
from deployer.upgrade.notes import Kind, Note, Upgrade
from deployer.upgrade.upgrade import upgrade
from tests.shipped import shipped

GLM = shipped("b200-fp8-eagle")


def offered(source: str, version: str) -> list[Note]:
    return [one for one in done(source, version).notes if one.kind is Kind.OFFERED]


def done(source: str, version: str) -> Upgrade:
    return upgrade(source, "p.yaml", version)


def test_the_first_release_that_leaves_gds_offers_the_loader_with_what_it_saves() -> None:
    assert offered(GLM, "0.5.16") == []

    (note,) = offered(GLM, "0.5.17")

    assert (note.path, note.before, note.after) == ("model.load_format", "auto", "fastsafetensors")
    assert note.why.startswith("4.2 to 12.6 min at 3 to 1 GB/s")
    assert "not 14.8 to 36 min at 0.85 to 0.35 GB/s" in note.why
    assert "`modal.packages: [fastsafetensors==...]`" in note.why


def test_nothing_of_it_is_written_and_a_reader_is_told_so() -> None:
    result = done(GLM, "0.5.20")

    assert "fastsafetensors" not in result.text.replace("as `fastsafetensors` needs", "")
    shown = text(result, color=False)
    assert "Not written; the new release can do this" in shown
    assert "  model.load_format: auto -> fastsafetensors\n" in shown


def test_where_nobody_knows_the_size_the_speeds_are_said() -> None:
    unknown = GLM.replace("zai-org/GLM-5.1-FP8", "somebody/something")

    (note,) = offered(unknown, "0.5.20")

    assert note.why.startswith("3 to 1 GB/s (Modal's figures for a volume")
    assert " min " not in note.why


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  trust_remote_code: true\n", "  trust_remote_code: true\n  load_format: dummy\n"),
        ("version: 0.5.10.post1\n", "version: 0.5.20\n"),
        ("  trust_remote_code: true\n", "  trust_remote_code: true\n  load_format: gguf\n"),
        ("engine:\n", "engine:\n  args: {weight-loader-disable-mmap: true}\n"),
    ],
)
def test_who_has_it_already_or_reads_otherwise_is_offered_nothing(before: str, after: str) -> None:
    assert before in GLM
    assert offered(GLM.replace(before, after), "0.5.23") == []


def test_on_a_machine_that_is_not_modals_nothing_is_offered() -> None:
    here = (
        "name: x\ntarget: local\nmodel: {repo: a/b, path: /models/b, served_name: b}\n"
        "hardware: {gpu: H100, count: 8}\nengine: {version: 0.5.10.post1}\n"
    )
    assert offered(here, "0.5.20") == []
