"""What a word that is no verb is answered with."""

from __future__ import annotations

import itertools
import string

import pytest

from deployer.cli.main import VERBS, main
from deployer.cli.meant import HARMFUL, KNOWN, SPOKEN, hint


def meant(word: str) -> str:
    return hint(word, VERBS).removeprefix("Did you mean `").removesuffix("`?")


@pytest.mark.parametrize("word", ["deploy", "up", "start", "run", "launch", "serve", "Deploy"])
def test_who_wants_to_start_is_never_told_to_destroy(word: str) -> None:
    assert meant(word) == "apply"


@pytest.mark.parametrize(
    ("word", "verb"),
    [
        *((word, "destroy") for word in ("stop", "down", "delete", "rm", "kill", "teardown")),
        *((word, "check") for word in ("validate", "lint", "test", "chek")),
        *((word, "status") for word in ("ps", "list", "ls")),
        *((word, "compile") for word in ("render", "build")),
        ("tail", "logs"),
        ("undo", "rollback"),
        ("dry-run", "plan"),
        ("new", "init"),
        ("quickstart", "init"),
        ("aply", "apply"),
    ],
)
def test_the_words_of_other_tools_lead_to_the_verb(word: str, verb: str) -> None:
    assert meant(word) == verb


@pytest.mark.parametrize("word", ["destory", "destro", "roll_bak", "deployy", "xyzzy"])
def test_likeness_leads_to_nothing_that_ends_a_server(word: str) -> None:
    assert not any(verb in hint(word, VERBS) for verb in HARMFUL)


def test_no_slip_of_a_letter_leads_to_what_ends_a_server() -> None:
    known = {word for verb in HARMFUL for word in (verb, *KNOWN[verb])}
    for word, at, letter in itertools.product(
        ("destroy", "deploy", "rollback", "restore"), range(8), string.ascii_lowercase
    ):
        slip = word[:at] + letter + word[at + 1 :]
        assert slip in known or not any(verb in hint(slip, VERBS) for verb in HARMFUL), slip


def test_the_table_names_verbs_and_each_word_once() -> None:
    words = [word for known in KNOWN.values() for word in known]

    assert set(KNOWN) <= set(VERBS)
    assert len(words) == len(set(words))
    assert not set(words) & {*VERBS, *SPOKEN}


def test_the_command_line_says_it_and_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "profiles/x.yaml"]) == 2

    told = capsys.readouterr().err
    assert "there is no verb `deploy`. Did you mean `apply`?" in told
    assert "destroy" not in told
