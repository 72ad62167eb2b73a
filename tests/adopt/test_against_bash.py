"""What import takes a script for, against what bash really runs: nothing that it writes is wrong.

Each script is read by bash as it is, in a jail, in several environments; `python3` is a function
that prints its words. Whatever is written without a mark must then stand there, and in its place.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from deployer.adopt.adopt import from_script
from deployer.adopt.find import Found, in_script
from deployer.adopt.script import UNKNOWN
from deployer.adopt.wishes import Wishes
from deployer.engine.jail import find_jail
from deployer.facts.sglang.catalogue import load
from deployer.parse.read import parse
from tests.volume import EXAMPLES, VOLUME

from .scripts import ENVIRONMENTS, scripts

pytestmark = pytest.mark.process

COUNT = max(60, min(300, 2 * EXAMPLES[VOLUME]))
"""Scripts: 300 where all is tried, and fewer where time is short."""

BASH = shutil.which("bash") or "bash"
DRIVER = """
python3() { printf '%s\\1' "$@"; printf '\\2'; }
grep() { return 1; }
export -f python3 grep
for each in *.sh; do
  for environment in 0 1 2; do
    (set -a; . "./$environment.env"; set +a; . "./$each") 2>/dev/null </dev/null
    printf '\\3'
  done
done > ran
"""

FIELDS = {
    "--tp-size": "parallel.tp",
    "--context-length": "model.context_length",
    "--max-running-requests": "schedule.max_running_requests",
    "--chunked-prefill-size": "schedule.chunked_prefill_size",
    "--scheduler-recv-interval": "engine.args.scheduler-recv-interval",
    "--stream-interval": "serving.stream_interval",
}


@dataclass(frozen=True)
class Ran:
    """A script, and the words with which bash started the server in each environment."""

    text: str
    words: tuple[tuple[str, ...] | None, ...]


def first_of(output: str) -> tuple[str, ...] | None:
    """Give the words of the first server that was started."""
    for started in output.split("\2"):
        words = tuple(started.split("\1")[:-1])
        if words[:2] == ("-m", "sglang.launch_server"):
            return words[2:]
    return None


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[Ran]:
    folder = tmp_path_factory.mktemp("bash").resolve()
    texts = list(scripts(COUNT))
    for place, text in enumerate(texts):
        (folder / f"{place:04}.sh").write_text(text, encoding="utf-8")
    for place, given in enumerate(ENVIRONMENTS):
        pairs = "".join(f"{name}='{value}'\n" for name, value in given.items())
        (folder / f"{place}.env").write_text(pairs, encoding="utf-8")
    (folder / "driver").write_text(DRIVER, encoding="utf-8")
    words = find_jail().wrapped([BASH, "driver"], folder, [])
    subprocess.run(words, cwd=folder, env={"PATH": "/usr/bin:/bin"}, check=True)
    outputs = (folder / "ran").read_text(encoding="utf-8").split("\3")[:-1]
    each = len(ENVIRONMENTS)
    return [
        Ran(text, tuple(map(first_of, outputs[place * each : (place + 1) * each])))
        for place, text in enumerate(texts)
    ]


def pattern(found: Found) -> re.Pattern[str]:
    """Give what bash's words must look like: a mark alone is any number of words."""
    parts = []
    for word in found.words:
        if UNKNOWN.fullmatch(word):
            parts.append("(?:[^\1]*\1)*")
        else:
            parts.append(
                ".*".join(re.escape(one) for one in UNKNOWN.sub("\0", word).split("\0")) + "\1"
            )
    return re.compile("".join(parts), re.DOTALL)


def test_most_of_them_start_a_server(ran: list[Ran]) -> None:
    assert len(ran) == COUNT
    assert sum(words is not None for one in ran for words in one.words) > COUNT * 2


@pytest.mark.parametrize("place", range(len(ENVIRONMENTS)))
def test_every_word_that_is_read_is_what_bash_runs(ran: list[Ran], place: int) -> None:
    wrong, whole = [], 0
    for one in ran:
        words = one.words[place]
        launches, _ = in_script(one.text, ENVIRONMENTS[place])
        if words is None:
            continue
        told = "".join(f"{word}\1" for word in words)
        if not launches or not pattern(launches[0]).fullmatch(told):
            wrong.append((one.text, launches[:1], words))
        whole += bool(launches) and launches[0].words == words

    assert wrong[:1] == []
    assert whole > len(ran) / 4


def test_no_value_of_a_profile_is_wrong(ran: list[Ran]) -> None:
    catalogue = load("0.5.23")
    written = 0
    for one in ran:
        words = one.words[0]
        parsed = parse(catalogue, words) if words is not None else None
        if parsed is None or not parsed.accepted:
            continue
        profile = yaml.safe_load(from_script(one.text, Wishes(gpu="H100"), lambda _: None).profile)
        given = {found.option.name: found.value for found in parsed.given}
        given.setdefault("--tp-size", 1)
        for option, path in FIELDS.items():
            value = found_in(profile, path)
            written += value is not None
            assert value in {None, given.get(option)}, (one.text, words, option, value)

    assert written > len(ran)


def found_in(profile: Any, path: str) -> Any:
    for key in path.split("."):
        profile = profile.get(key) if isinstance(profile, dict) else None
    return profile
