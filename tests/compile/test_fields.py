"""The typed fields, held against the catalogue of every release."""

from __future__ import annotations

import typing
from collections.abc import Iterator

import pytest

from deployer.compile.arguments import words_for
from deployer.facts.sglang.catalogue import load, newest, releases
from deployer.facts.sglang.replacements import accepts, names, spell
from deployer.profile.fields import flagged_fields, section_types
from deployer.profile.flag import Flag

NEWER = {
    ("0.5.9", "--enforce-disable-flashinfer-allreduce-fusion"),
    *(
        (version, f"--weight-loader-prefetch-{what}")
        for version in ("0.5.9", "0.5.10", "0.5.10.post1")
        for what in ("checkpoints", "num-threads")
    ),
}
"""What the oldest releases cannot say at all."""

UNCHECKED = {"algorithm": {"DSPARK", "UNO"}, "log_level": {"debug", "info", "warning", "error"}}
"""Values that no release lists: 0.5.12 and later check no algorithm (0.5.23 names these in its
help, ``arg_groups/fields/spec.py``), and none checks the level of uvicorn's log."""

FIELDS = tuple(flagged_fields())
IDS = [f"{section}.{name}" for section, name, _ in FIELDS]


def literals(annotation: object) -> Iterator[str]:
    for argument in typing.get_args(annotation):
        if isinstance(argument, str):
            yield argument
        else:
            yield from literals(argument)


def choices(section: str, name: str) -> set[str]:
    return set(literals(dict(section_types())[section].model_fields[name].annotation))


def is_switch(section: str, name: str) -> bool:
    annotation = dict(section_types())[section].model_fields[name].annotation
    return bool in (annotation, *typing.get_args(annotation))


@pytest.mark.parametrize(("section", "name", "flag"), FIELDS, ids=IDS)
def test_every_release_can_say_it(section: str, name: str, flag: Flag) -> None:
    said_by = []
    for version in releases():
        catalogue = load(version)
        for value in (True, False) if is_switch(section, name) else ("1",):
            words = words_for(flag, value)
            if words is None or (version, words[0]) in NEWER:
                continue
            said_by.append(version)
            assert names(catalogue, words[0]), version
            said = spell(catalogue, words[0], words[1] if value is not True else ())
            # The value `1` is no choice of a checked option; that it has choices is enough.
            options = [catalogue.find(spelt) for spelt, _ in said or ()]
            options = options or [catalogue.find(names(catalogue, words[0])[0])]
            for option, (_, given) in zip(options, said or ((words[0], words[1]),), strict=True):
                assert option is not None
                assert not option.deprecated, (version, option.name)
                assert (option.nargs != 0) == bool(given), (version, option.name)
    assert said_by


@pytest.mark.parametrize(("section", "name", "flag"), FIELDS, ids=IDS)
def test_its_choices_are_those_of_all_releases_together(
    section: str, name: str, flag: Flag
) -> None:
    mine = choices(section, name)
    theirs = {
        str(choice)
        for version in releases()
        for spelt in names(load(version), flag.name)
        for choice in getattr(load(version).find(spelt), "choices", None) or ()
    }

    if mine:
        assert mine - theirs == UNCHECKED.get(name, set())
        assert theirs <= mine


@pytest.mark.parametrize(("section", "name", "flag"), FIELDS, ids=IDS)
def test_its_flag_is_the_newest_canonical_name(section: str, name: str, flag: Flag) -> None:
    catalogue = load(newest())
    for string in filter(None, (flag.name, flag.off)):
        option = catalogue.find(string)
        assert option is not None, (section, name)
        assert option.name == string
        if option.deprecated:
            assert accepts(catalogue, string, ())
            assert spell(catalogue, string) != ((string, ()),)


def test_every_flag_stands_once_and_in_full() -> None:
    flags = [string for _, _, flag in FIELDS for string in (flag.name, flag.off) if string]

    assert len(flags) == len(set(flags))
    assert "--tp-size" in flags
    assert "--tp" not in flags
