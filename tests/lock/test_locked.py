"""What verbs know by a lock, with nobody to ask, and what they say where it is another's."""

from __future__ import annotations

import json

import pytest

from deployer.cli.reading import read_case, read_release
from deployer.engine.model_config import model_config
from tests.fakes.hub.server import COMMIT
from tests.fakes.registry.server import digest, index
from tests.lock.locking import QWEN, Place
from tests.repository import commit, git

pytestmark = pytest.mark.process


@pytest.fixture
def locked(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Give a locked profile, and nobody to ask any more."""
    place.run("lock", place.profile())
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    place.registry.tags.clear()
    return place


def edit(place: Place, old: str, new: str) -> None:
    path = place.folder / "own.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def findings(place: Place, *words: str) -> dict[str, str]:
    _, out, _ = place.run("check", "--format", "json", *words)
    return {one["check"]: one["message"] for one in json.loads(out)["findings"]}


def begin(place: Place) -> None:
    """Commit what is there as `main`."""
    git(place.folder, "init", "-q", "-b", "main")
    commit(place.folder)


def test_a_release_is_of_the_locked_commit_and_image(locked: Place) -> None:
    release = read_release("own.yaml")
    image = f"{locked.registry.image('v0.5.23')}@{digest(index('one'))}"
    assert (release.model.commit, release.engine.image) == (COMMIT, image)
    assert release.model.path == f"/w/own/{COMMIT}"


def test_what_a_lock_pins_is_no_longer_said_to_move(locked: Place) -> None:
    assert not {"revision-unpinned", "image-without-digest"} & set(findings(locked, "own.yaml"))
    locked.lock().unlink()
    assert {"revision-unpinned", "image-without-digest"} <= set(findings(locked, "own.yaml"))


def test_a_lock_of_another_repository_is_said_and_not_used(locked: Place) -> None:
    edit(locked, "nobody/own", "nobody/other")
    found = findings(locked, "own.yaml")["stale-lock"]
    assert found == (
        "compiled/own.lock.json is stale, and not used: it does not hold the model nobody/other; "
        "it holds the model nobody/own, which the profile does not name"
    )
    assert read_release("own.yaml").model.commit == ""
    assert locked.run("check", "own.yaml")[0] == 0
    assert locked.run("check", "--strict", "own.yaml")[0] == 1


def test_a_lock_that_cannot_be_read_is_an_error(locked: Place) -> None:
    locked.lock().write_text("<<<<<<< HEAD\n")
    code, out, _ = locked.run("check", "own.yaml")
    assert code == 1
    assert "broken-lock" in out
    assert "`deployer lock own.yaml` asks the hub and the registry" in out


def test_a_profile_that_is_not_right_is_judged_with_its_lock_as_far_as_it_is_known(
    locked: Place,
) -> None:
    edit(locked, "count: 8", "count: eight")
    found = findings(locked, "own.yaml")
    assert "stale-lock" not in found
    assert "broken-lock" not in found


def test_compiled_flags_are_those_of_profile_and_lock(locked: Place) -> None:
    locked.run("compile", "--write", "own.yaml")
    flags = (locked.folder / "compiled/own.flags").read_text("utf-8")
    assert f"--model-path /w/own/{COMMIT}" in flags
    assert locked.run("compile", "--check", "own.yaml")[0] == 0


def test_locking_writes_the_committed_flags_again(place: Place) -> None:
    place.run("compile", "--write", place.profile())
    _, _, err = place.run("lock", "own.yaml")
    assert err == "wrote compiled/own.lock.json\nwrote compiled/own.flags\n"
    assert place.run("compile", "--check", "own.yaml")[0] == 0


def test_a_diff_says_what_moved_in_a_lock_alone(place: Place) -> None:
    place.run("lock", place.profile())
    begin(place)
    place.hub.move("d" * 40)
    place.hub.files["tokenizer.json"] = b"other"
    place.run("lock", "own.yaml")
    code, out, _ = place.run("diff", "--base", "main")

    assert code == 0
    assert f"  lock: model nobody/own: {COMMIT[:12]} -> dddddddddddd; files: 1 changed" in out
    (one,) = json.loads(place.run("diff", "--base", "main", "--format", "json")[1])["profiles"]
    assert one["status"] == "changed"
    assert {change["what"] for change in one["changes"]} == {"model.commit", "--model-path"}
    assert one["locked"]
    assert (
        "- lock: model nobody/own" in place.run("diff", "--base", "main", "--format", "markdown")[1]
    )


def test_a_diff_reads_the_base_s_lock_from_its_commit(place: Place) -> None:
    place.run("lock", place.profile())
    begin(place)
    place.lock().unlink()
    commit(place.folder)
    code, out, _ = place.run("diff", "--base", "main~1", "--head", "main")

    assert code == 0
    assert "  lock: model nobody/own is locked no longer" in out
    assert COMMIT in out


def test_code_of_another_commit_is_a_matter_of_security(place: Place) -> None:
    profile = place.profile()
    edit(place, "  served_name", "  trust_remote_code: true\n  served_name")
    place.run("lock", profile)
    begin(place)
    place.hub.move("d" * 40)
    place.run("lock", profile)
    _, out, _ = place.run("diff", "--base", "main")
    assert "security: `trust_remote_code` is on, so the code of the new commit runs" in out


def test_the_same_lock_is_the_same_to_the_byte(place: Place) -> None:
    place.run("lock", place.profile())
    begin(place)
    _, out, _ = place.run("diff", "--base", "main")
    assert "the same to the byte: own.yaml" in out


def test_a_model_that_nobody_knows_is_reckoned_by_its_lock(locked: Place) -> None:
    code, out, err = locked.run("fit", "own.yaml", "--format", "json")
    assert code == 0, err
    assert json.loads(out)["gib"]["weights"] == pytest.approx(7.7, abs=0.2)  # 65.5 GB over 8

    edit(locked, "gpu: H200\n  count: 8", "gpu: L4\n  count: 1")
    assert "each GPU would hold 61" in findings(locked, "own.yaml")["does-not-fit"]
    locked.lock().unlink()
    assert "does-not-fit" not in findings(locked, "own.yaml")
    assert locked.run("fit", "own.yaml")[0] == 1


def test_the_engine_s_resolution_reads_the_config_from_the_lock(locked: Place) -> None:
    case = read_case(str(locked.folder / "own.yaml"))
    assert case.lock is not None
    found = model_config(case.release.model, locked=case.lock.of("model"))
    assert json.loads(found.files["config.json"]) == QWEN
    assert found.source == f"the lock, nobody/own at {COMMIT}"


def test_weights_are_summed_where_the_model_is_not_understood(locked: Place) -> None:
    value = json.loads(locked.lock().read_text("utf-8"))
    (model,) = value["repositories"]
    model["documents"] = {
        "config.json": {"architectures": ["NobodysForCausalLM"]},
        "model.safetensors.index.json": {"metadata": {"total_size": 1_504 * 10**9}},
    }
    locked.lock().write_text(json.dumps(value), "utf-8")

    found = findings(locked, "own.yaml")
    assert found["does-not-fit"] == (
        "the weights of nobody/own are 1,504 GB, and 8 x H200 have 1,206 GB in all"
    )


def test_a_plan_that_asks_nobody_is_of_the_lock(locked: Place) -> None:
    locked.hub.calls.clear()
    code, out, err = locked.run("plan", "own.yaml", "--offline", "--format", "json")
    assert code == 0, err
    release = json.loads(out)["release"]
    assert release["model"]["commit"] == COMMIT
    assert release["engine"]["image"].endswith(f"@{digest(index('one'))}")
    assert locked.hub.calls == []
