"""`deployer lock`: asked once, written beside the flags, and held against the profile."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from deployer.lock.lock import from_json
from deployer.lock.moved import sized
from tests.fakes.hub.server import COMMIT, LISTING, Fault
from tests.fakes.registry.server import Faults, digest, index
from tests.lock.locking import Place
from tests.verbs.circumstances import full_disk

TINY = Path("profiles/cpu-tiny.yaml").resolve()

pytestmark = pytest.mark.process


def asked(place: Place) -> str:
    """Name who is asked: the hub is the mirror that HF_ENDPOINT names."""
    return f"{place.hub.endpoint.removeprefix('http://')} and {place.registry.host}"


def test_a_lock_holds_commit_files_facts_and_digest(place: Place) -> None:
    code, out, err = place.run("lock", place.profile())

    assert (code, err) == (0, "wrote compiled/own.lock.json\n")
    files, size = len(place.hub.files), sum(map(len, place.hub.files.values()))
    assert out.splitlines() == [
        f"own.yaml: locked in compiled/own.lock.json, as {asked(place)} say",
        f"  model    nobody/own main: commit {COMMIT}",
        f"           {files} files, {size / 1e3:.1f} kB",
        f"  image    {place.registry.image('v0.5.23')}: {digest(index('one'))}",
    ]
    lock = from_json(place.lock().read_text("utf-8"))
    (model,) = lock.repositories
    assert model.documents["config.json"]["num_hidden_layers"] == 64
    assert lock.image is not None
    assert lock.image.digest == digest(index("one"))


def test_the_same_answers_are_the_same_bytes_and_nothing_is_written(place: Place) -> None:
    place.run("lock", place.profile())
    before = place.lock().read_bytes()
    code, out, err = place.run("lock", "own.yaml")

    assert (code, err) == (0, "")
    assert out.startswith(f"own.yaml: compiled/own.lock.json is what {asked(place)} say\n")
    assert place.lock().read_bytes() == before


def test_a_name_that_two_profiles_share_is_asked_about_once(place: Place) -> None:
    place.profile("own")
    place.profile("two")
    code, _, _ = place.run("lock", "own.yaml", "two.yaml")

    assert code == 0
    assert sum(not call.path for call in place.hub.calls) == 1
    assert len(place.registry.calls) == 3
    assert place.lock("own").read_bytes() == place.lock("two").read_bytes()


def test_what_moved_is_said(place: Place) -> None:
    place.run("lock", place.profile())
    before = sized(sum(map(len, place.hub.files.values())))
    place.hub.move("d" * 40)
    place.hub.files["tokenizer.json"] = b"other"
    place.config(max_position_embeddings=4096)
    after = sized(sum(map(len, place.hub.files.values())))
    place.registry.tags["v0.5.23"] = index("two")
    code, out, _ = place.run("lock", "own.yaml", "--format", "json")

    assert code == 0
    (one,) = json.loads(out)["locks"]
    assert one["state"] == "written"
    weights, image = one["moved"]
    assert weights == (
        f"model nobody/own: {COMMIT[:12]} -> dddddddddddd; files: 2 changed; {before} -> {after}; "
        "what the model says of itself: config.json"
    )
    short = [digest(index(each)).removeprefix("sha256:")[:12] for each in ("one", "two")]
    assert image == f"image {place.registry.image('v0.5.23')}: {short[0]} -> {short[1]}"


def test_check_asks_nobody_and_compares_with_the_profile(place: Place) -> None:
    place.run("lock", place.profile())
    place.hub.calls.clear()
    place.registry.calls.clear()
    place.hub.move("d" * 40)

    code, out, err = place.run("lock", "--check", "own.yaml")
    assert (code, err) == (0, "")
    words = "compared with own.yaml (nobody was asked)"
    assert out == f"compiled/own.lock.json: fresh, {words}\n"
    assert (place.hub.calls, place.registry.calls) == ([], [])


def test_check_online_asks_the_hub_and_the_registry_too(place: Place) -> None:
    place.run("lock", place.profile())
    code, out, _ = place.run("lock", "--check", "--online", "own.yaml")
    assert code == 0
    assert out == f"compiled/own.lock.json: fresh, compared with own.yaml and {asked(place)}\n"

    before = place.lock().read_bytes()
    place.hub.move("d" * 40)
    code, out, err = place.run("lock", "--check", "--online", "own.yaml")
    assert code == 1
    assert f"{COMMIT[:12]} -> dddddddddddd; the same files" in out
    assert "`deployer lock own.yaml` writes what is missing or stale" in err
    assert place.lock().read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("nobody/own", "nobody/other", "it does not hold the model nobody/other"),
        ("revision: main", "revision: v2", "it holds nobody/own at main, and the profile says v2"),
        (":v0.5.23", ":v0.5.22", "and the profile says the image 127.0.0.1"),
    ],
)
def test_a_lock_of_another_profile_is_stale(place: Place, old: str, new: str, words: str) -> None:
    place.run("lock", place.profile())
    path = place.folder / "own.yaml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    code, out, _ = place.run("lock", "--check", "own.yaml")
    assert code == 1
    assert out.startswith("compiled/own.lock.json: stale, compared with own.yaml (nobody was")
    assert words in out


def test_a_missing_lock_is_not_fresh(place: Place) -> None:
    code, out, err = place.run("lock", "--check", place.profile())
    assert code == 1
    assert out == "compiled/own.lock.json: no lock\n"
    assert "`deployer lock own.yaml` writes what is missing or stale" in err


def test_the_file_of_a_lock_stands_for_its_profile(place: Place) -> None:
    place.run("lock", place.profile())
    code, out, _ = place.run("lock", "--check", "compiled/own.lock.json")
    assert (code, out.partition(":")[0]) == (0, "compiled/own.lock.json")


def test_a_lock_that_is_none_is_said_so_and_replaced(place: Place) -> None:
    place.lock().parent.mkdir()
    place.lock().write_text('{"format_version": 9}')
    code, out, _ = place.run("lock", "--check", place.profile())
    assert code == 1
    assert "its format is 9, and this deployer reads 1" in out
    code, _, err = place.run("lock", "own.yaml")
    assert code == 0
    assert "is no lock: its format is 9, and this deployer reads 1; it is replaced" in err
    assert place.run("lock", "--check", "own.yaml")[0] == 0


def test_a_draft_and_adapters_are_locked_beside_the_model(place: Place) -> None:
    more = (
        "speculative:\n  algorithm: EAGLE3\n  num_steps: 3\n  draft_model: nobody/own\n"
        f"lora:\n  adapters:\n    a: nobody/own\n    b: nobody/own@{COMMIT}\n    c: /w/here\n"
    )
    profile = place.profile(more=more)
    place.hub.files["adapter_config.json"] = b'{"r": 16}'

    code, out, err = place.run("lock", profile)
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines() if "commit" in line] == [
        "model",
        "draft",
        "adapter",
        "adapter",
    ]
    adapter = from_json(place.lock().read_text("utf-8")).of("adapter", "nobody/own")
    assert adapter is not None
    assert adapter.documents["adapter_config.json"] == {"r": 16}


def test_one_that_fails_stops_none_of_the_others(place: Place) -> None:
    place.profile("bad")
    (place.folder / "bad.yaml").write_text("name: bad\n")
    place.profile("own")
    code, out, err = place.run("lock", "bad.yaml", "own.yaml", "--format", "json")

    assert code == 1
    assert [one["state"] for one in json.loads(out)["locks"]] == ["failed", "written"]
    assert "error: bad.yaml is not right, so nothing was asked" in err


def test_nothing_to_lock_is_no_success(place: Place) -> None:
    shutil.copy(TINY, place.folder / "tiny.yaml")
    code, out, err = place.run("lock", "tiny.yaml")
    assert (code, out) == (2, "")
    assert "there is nothing to lock" in err


def test_a_name_of_before_is_locked_and_said(place: Place) -> None:
    place.hub.former = {"old/own"}
    profile = place.profile()
    path = place.folder / profile
    path.write_text(path.read_text("utf-8").replace("nobody/own", "old/own"), "utf-8")
    code, out, _ = place.run("lock", profile)
    assert code == 0
    assert "the hub calls it nobody/own now: better write that name" in out
    assert place.run("lock", "--check", profile)[0] == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(LISTING, times=9, status=429, headers={"Retry-After": "600"}), "asks to wait 600 s"),
        (Fault("config.json", times=9, status=403, headers={"X-Error-Code": "GatedRepo"}), "gated"),
        (Fault(LISTING, times=9, status=404), "knows no nobody/own, or shows it not to everybody"),
    ],
)
def test_what_cannot_be_had_leaves_the_lock_as_it_was(
    place: Place, fault: Fault, words: str
) -> None:
    place.run("lock", place.profile())
    before = place.lock().read_bytes()
    place.hub.faults = [fault]
    code, out, err = place.run("lock", "own.yaml")
    assert (code, out) == (1, "")
    assert words in err
    assert place.lock().read_bytes() == before


def test_a_registry_that_refuses_leaves_no_half_a_lock(place: Place) -> None:
    place.registry.faults = Faults(private=True)
    code, _, err = place.run("lock", place.profile())
    assert code == 1
    assert "to everybody" in err
    assert not place.lock().exists()


def test_no_lock_is_written_through_a_link(place: Place) -> None:
    outside = place.folder.parent / "outside"
    outside.write_text("mine")
    place.lock().parent.mkdir()
    place.lock().symlink_to(outside)
    code, _, err = place.run("lock", place.profile())
    assert code == 2
    assert "leads by a link out of" in err
    assert outside.read_text() == "mine"


def test_a_full_disk_leaves_the_lock_as_it_was(place: Place) -> None:
    place.run("lock", place.profile())
    before = place.lock().read_bytes()
    place.hub.move("d" * 40)
    with full_disk(place.folder):
        code, out, err = place.run("lock", "own.yaml")
    assert (code, out) == (1, "")
    assert "error: compiled/own.lock.json could not be written: File too large" in err
    assert place.lock().read_bytes() == before
    assert [path.name for path in place.lock().parent.iterdir()] == ["own.lock.json"]


def test_a_mirror_that_is_no_address_is_told_with_what_one_looks_like(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "nonsense")
    code, _, err = place.run("lock", place.profile())

    assert code == 1
    assert "HF_ENDPOINT is asked at an address that is none" in err
    assert "https://HOST" in err
