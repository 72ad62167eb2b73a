"""What somebody finds who reports or releases something: issue forms, conduct, changelog."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
READ = [path for path in FORMS if path.name != "config.yml"]

TOP = {"name", "description", "title", "labels", "assignees", "projects", "type", "body"}
ATTRIBUTES = {
    "markdown": ({"value"}, set()),
    "input": ({"label"}, {"description", "placeholder", "value"}),
    "textarea": ({"label"}, {"description", "placeholder", "value", "render"}),
    "dropdown": ({"label", "options"}, {"description", "multiple", "default"}),
    "checkboxes": ({"label", "options"}, {"description"}),
}
"""Which attributes an element must and may have.

https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
"""


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)
def test_an_issue_form_is_one_that_github_shows(path: Path) -> None:
    form = loaded(path)
    asked = [one for one in form["body"] if one["type"] != "markdown"]
    ids = [one["id"] for one in asked]

    assert {"name", "description", "body"} <= {*form} <= TOP
    assert ids
    assert len({*ids}) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", one) for one in ids)
    for one in form["body"]:
        must, may = ATTRIBUTES[one["type"]]
        assert must <= {*one["attributes"]} <= must | may, one
        assert {*one} <= {"type", "id", "attributes", "validations"}
        assert {*one.get("validations", {})} <= {"required"}
        assert all(isinstance(text, str) and text for text in one["attributes"].values()), one
    assert any(one.get("validations", {}).get("required") is True for one in asked)


def test_issue_forms_are_told_apart_and_ask_for_no_secret() -> None:
    names = [loaded(path)["name"] for path in READ]

    assert len(names) == len({*names}) == 3
    for path in READ:
        assert re.search(r"without keys|Never send a key", path.read_text("utf-8"), re.IGNORECASE)


def test_who_was_treated_badly_finds_whom_to_tell() -> None:
    conduct = (ROOT / "CODE_OF_CONDUCT.md").read_text(encoding="utf-8")
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    way = "*Report a vulnerability*"

    assert way in re.sub(r"\s+", " ", conduct)
    assert way in security
    assert "CODE_OF_CONDUCT.md" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_changelog_begins_with_the_version_that_is_built() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.*)$", changelog, re.MULTILINE)
    released = re.fullmatch(r"\[(.+)\] - (\d{4}-\d\d-\d\d|not released yet)", heads[0])

    assert released is not None, heads[0]
    assert released[1] == project["version"]
    assert len(heads) == len({*heads})


def test_a_tag_is_refused_for_a_version_without_a_day() -> None:
    workflow = loaded(ROOT / ".github" / "workflows" / "release.yml")
    [step] = [one for one in workflow["jobs"]["build"]["steps"] if "CHANGELOG" in str(one)]
    pattern = re.search(r'grep -q "(\^.*?)" CHANGELOG', step["run"])

    assert pattern is not None
    said = pattern[1].replace("${TAG#v}", "0.1.0").replace("\\\\", "\\")
    assert re.match(said, "## [0.1.0] - 2026-12-01")
    assert re.match(said, "## [0.1.0] - not released yet") is None
    assert re.match(said, "## [0.1.1] - 2026-12-01") is None
