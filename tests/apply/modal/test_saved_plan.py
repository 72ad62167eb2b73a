"""A plan's file as an attack: what it says of the world is looked at again before anything is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from deployer.apply.modal.records import Record, Records
from deployer.errors import Failure
from tests.apply.modal.conftest import World

pytestmark = pytest.mark.process


def written(world: World, tmp_path: Path) -> tuple[Path, str]:
    """Write a plan; give its file and what was said."""
    file = tmp_path / "plan.json"
    code, _, err = world.run("plan", world.profile(), "-o", str(file))
    assert code == 0, err
    return file, err


def test_the_digest_that_plan_prints_is_the_files_and_pins_it(world: World, tmp_path: Path) -> None:
    file, said = written(world, tmp_path)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()

    assert f"(SHA-256 {digest})" in said
    code, _, err = world.run("apply", str(file), "--digest", digest)
    assert (code, "there is no terminal to ask at: " in err) == (
        2,
        True,
    )  # so far it came
    file.write_bytes(file.read_bytes().replace(b"glm-tiny", b"glm-evil"))
    code, _, err = world.run("apply", str(file), "--yes", "--digest", digest)
    assert (code, "another plan than the one" in err) == (1, True)


def test_a_commit_that_the_hub_does_not_name_is_refused(world: World, tmp_path: Path) -> None:
    """Any commit of a repository can be asked for, those of its strangers' pull requests too."""
    file, _ = written(world, tmp_path)
    ours, theirs = world.hub.commit, "b" * 40
    world.hub.commits.add(theirs)
    world.hub.commit = theirs
    forged, _ = written(world, tmp_path)
    text = forged.read_text(encoding="utf-8")
    assert theirs in text
    world.hub.commit = ours

    code, _, err = world.run("apply", str(file), "--yes", "--no-verify")
    assert code == 1
    assert f"`main` of example/tiny is commit {ours} now, and it is for {theirs}" in err
    assert not {"AppCreate", "AppPublish"} & {name for name, _ in world.plane.calls}


def test_what_is_shown_before_the_question_is_not_the_files_word(
    world: World, tmp_path: Path
) -> None:
    """Notes and reasons agree with anything: a forged one is not what is asked about."""
    file, _ = written(world, tmp_path)
    value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    value["found"].append("approved by the security team")
    value["notes"].append("approved by the security team")
    file.write_text(json.dumps(value), encoding="utf-8")

    _, _, err = world.run("apply", str(file))
    assert "Go on?" in err
    assert "approved by the security team" not in err
    assert "command     python3 -m sglang.launch_server" in err


@pytest.mark.parametrize(
    ("app", "environment"), [("../../../../pwn", ""), ("a", "../../x"), ("a/b", ""), ("..", "")]
)
def test_no_record_is_written_outside_the_state_folder(
    app: str, environment: str, tmp_path: Path
) -> None:
    records = Records({"XDG_STATE_HOME": str(tmp_path / "state")})
    record = Record("n", app, environment, "web_server", "d", 1, 0.0, "")

    with pytest.raises(Failure, match="no name"):
        records.keep(record)
    with pytest.raises(Failure, match="no name"):
        records.record(app, environment)
    with pytest.raises(Failure, match="no name"):
        records.forget(app, environment)
    (tmp_path / "outside.json").write_text("{}", encoding="utf-8")
    assert records.release("../../../../outside") is None
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["outside.json"]
