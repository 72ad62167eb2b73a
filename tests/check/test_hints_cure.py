"""A hint that names a value cures: what it is about is gone then, and nothing else is wrong.

Followed is each way out of each hint that any check gives on the cases that people reported, the
planted mistakes, the known bugs, and the examples of all pages. What is then found is the verdict
of the release's own parser, too, and of what the engine would make of the profile.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from deployer.behaviour.checkpoints import Checkpoints
from deployer.check import pages
from deployer.check.catalogue import RULES
from deployer.check.run import judge
from deployer.facts.models.catalogue import find
from deployer.finding import Finding, Severity
from tests.dumped import dumped
from tests.volume import VOLUME

from .examples import is_command, whole
from .facts import CONFIGS, judged, known
from .following import SEVERAL, ways
from .known_bug_rows import ROWS
from .sane import Change, changed
from .test_cases import FOLDER
from .test_planted_facts import PLANTED
from .test_planted_facts import profile as planted

Given = tuple[str, Change, Checkpoints | None]


def reported() -> Iterator[Given]:
    for path in sorted(FOLDER.glob("*.yaml")):
        profile = yaml.safe_load(path.read_text(encoding="utf-8"))
        repo = profile["model"]["repo"]
        given = known(repo) if repo in CONFIGS and find(repo) is None else None
        yield path.stem, profile, given


def examples() -> Iterator[Given]:
    for rule in RULES:
        page = pages.page(rule.name)
        if not is_command(page):
            yield rule.name, yaml.safe_load(whole(page.instead, rule)), None


CORPORA: dict[str, list[Given]] = {
    "reported": list(reported()),
    "planted": [
        (f"{n}", planted(one.repo, one.change), known(one.repo, one.draft, **one.facts))
        for n, one in enumerate(PLANTED)
    ],
    "known bugs": [(row.name, changed(row.profile), None) for row in ROWS],
    "examples": list(examples()),
}
ALL = [(f"{name}-{one[0]}", *one[1:]) for name, found in CORPORA.items() for one in found]
if VOLUME == "fast":
    ALL = ALL[::3]
FEWEST = 300
"""Ways that are followed at least, of all."""


def look(profile: Change, given: Checkpoints | None) -> list[Finding]:
    if given is not None:
        return judged(profile, given)
    return list(judge(dumped(profile), "p.yaml").findings)


def followed(profile: Change, given: Checkpoints | None) -> Iterator[tuple[str, list[Finding]]]:
    """Follow every hint, and give what is found afterwards that should not be.

    Of several values one must be right: how many GPUs are enough is another question.
    """
    before = look(profile, given)
    told = {one.check for one in before}
    for hint, check in dict.fromkeys((one.hint, one.check) for one in before):
        paths = [one.path for one in before if (one.hint, one.check) == (hint, check)]
        results = []
        for way, after in ways(hint, paths, profile):
            found = look(after, given)
            stays = [one for one in found if one.check == check and one.path in paths]
            new = [one for one in found if one.severity is Severity.ERROR]
            results.append((way, [*stays, *(one for one in new if one.check not in told)]))
        if not SEVERAL.search(hint) or all(wrong for _, wrong in results):
            yield from results


@pytest.mark.parametrize(("profile", "given"), [one[1:] for one in ALL], ids=[a[0] for a in ALL])
def test_a_hint_cures(profile: Change, given: Checkpoints | None) -> None:
    wrong = [(way, one) for way, found in followed(profile, given) for one in found]

    assert [(way, one.check, one.path, one.message) for way, one in wrong] == []


def test_enough_ways_are_followed() -> None:
    """Counted without judging what comes of them."""
    count = 0
    for _, profile, given in ALL[::4]:
        for one in look(profile, given):
            count += len(list(ways(one.hint, [one.path], profile)))

    assert 4 * count * (3 if VOLUME == "fast" else 1) >= FEWEST
