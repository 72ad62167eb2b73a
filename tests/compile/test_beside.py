"""Draft models and adapters are repositories of their own: the engine is given their folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.cli.reading import read_release
from deployer.compile.pin import commits_of, pin
from deployer.errors import DeployerError
from deployer.release import Beside, Release

COMMIT, OTHER = "0123456789abcdef0123456789abcdef01234567", "d" * 40
PROFILE = """\
name: llama
model:
  repo: meta-llama/Llama-3.1-8B-Instruct
  revision: {commit}
  served_name: llama
  path: /w/Llama
hardware: {{gpu: H100, count: 1}}
engine: {{version: 0.5.23, image: "lmsysorg/sglang:v0.5.23"}}
serving: {{api_key_env: null}}
modal:
  app: llama
  weights: {{volume: weights, path: /w}}
  kernel_cache: {{volume: kernels, path: /k}}
  hub_secret: huggingface
speculative:
  algorithm: EAGLE3
  num_steps: 3
  eagle_topk: 1
  draft_model: {draft}
  draft_revision: {revision}
lora:
  adapters:
    sql: {sql}
    mine: /w/mine
  max_per_batch: 4
"""


def compiled(folder: Path, **said: str) -> Release:
    words = {"commit": COMMIT, "draft": "a/eagle", "revision": "main", "sql": "a/sql@v1", **said}
    path = folder / "llama.yaml"
    path.write_text(PROFILE.format(**words), encoding="utf-8")
    return read_release(str(path))


def values(release: Release) -> dict[str, tuple[str, ...]]:
    return {argument.flag: argument.values for argument in release.arguments}


def test_they_are_downloaded_and_passed_as_folders(tmp_path: Path) -> None:
    release = compiled(tmp_path)

    assert [(one.role, one.repo, one.revision, one.path, one.served_name)
            for one in release.beside] == [
        ("draft", "a/eagle", "main", "/w/eagle", ""),
        ("adapter", "a/sql", "v1", "/w/sql", "sql"),
    ]  # fmt: skip
    assert values(release)["--speculative-draft-model-path"] == ("/w/eagle",)
    assert values(release)["--lora-paths"] == ("sql=/w/sql", "mine=/w/mine")
    assert values(release)["--max-loras-per-batch"] == ("4",)
    assert [one.repo for one in release.sources()] == [
        "meta-llama/Llama-3.1-8B-Instruct", "a/eagle", "a/sql",
    ]  # fmt: skip


def test_pinning_is_the_same_as_stating_the_commits(tmp_path: Path) -> None:
    branch = compiled(tmp_path)
    stated = compiled(tmp_path, revision=COMMIT, sql=f"a/sql@{OTHER}")
    found = pin(branch, by_repo)

    assert found.arguments == stated.arguments
    assert [(one.path, one.commit) for one in found.beside] == [
        (f"/w/eagle/{COMMIT}", COMMIT), (f"/w/sql/{OTHER}", OTHER),
    ]  # fmt: skip
    assert [(one.path, one.commit) for one in stated.beside] == [
        (one.path, one.commit) for one in found.beside
    ]
    assert pin(found, lambda _: "e" * 40) == found
    assert pin(branch, commits_of(found)) == found
    assert pin(branch, lambda _: "") == branch


def by_repo(source: object) -> str:
    assert isinstance(source, Beside)
    return {"a/eagle": COMMIT, "a/sql": OTHER}[source.repo]


def test_a_folder_is_nothing_to_download(tmp_path: Path) -> None:
    release = compiled(tmp_path, draft="/w/eagle", sql="/w/sql")

    assert release.beside == ()
    assert values(release)["--speculative-draft-model-path"] == ("/w/eagle",)
    assert values(release)["--lora-paths"] == ("sql=/w/sql", "mine=/w/mine")


def test_it_comes_back_from_its_json(tmp_path: Path) -> None:
    release = compiled(tmp_path)

    assert Release.from_json(release.to_json()) == release


@pytest.mark.parametrize("name", ["b200-fp8-eagle", "cpu-tiny"])
def test_what_has_nothing_beside_it_is_written_as_before(name: str) -> None:
    release = read_release(f"profiles/{name}.yaml")

    assert "beside" not in json.loads(release.to_json())
    assert Release.from_json(release.to_json()) == release


@pytest.mark.parametrize(
    "wrong", ["a/sql@", "a/sql@a@b", "a/sql@../x", "'a/sql@v1 x'", "relative/../x", "a/b/c"]
)
def test_what_is_no_repository_is_refused(wrong: str, tmp_path: Path) -> None:

    with pytest.raises(DeployerError):
        compiled(tmp_path, sql=wrong)
