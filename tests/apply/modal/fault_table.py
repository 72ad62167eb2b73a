"""Verbs and faults: what becomes of a verb when one kind of question to Modal goes wrong.

The table is learnt: a verb is carried out once as it should, and then again with each RPC that it
asked going wrong in each way. What the page says of it is compared with what it does.
"""

from __future__ import annotations

import copy
import json
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grpclib import Status

from deployer.apply.modal.records import Records
from deployer.apply.modal.rpc import ANSWER
from deployer.apply.patience import TIDYING
from tests.fakes.modal.faults import VOLUME, Fault

if TYPE_CHECKING:
    from tests.apply.modal.conftest import World

SECONDS, LONGER = "1", {"apply": "5"}
"""What `--timeout` says where nothing is answered; an apply comes to some questions late."""

BOUNDED = "never answered"
"""The fault that only `--timeout` ends: on a slow machine that may be before the question."""

BOUND = 60.0
"""Seconds that no cell may take: each question's own bound, which `--timeout` undercuts."""

LATE = 0.4
"""Seconds by which an answer is late; what is waited for is told after a quarter of them here."""

FAULTS: dict[str, Fault] = {
    "unavailable once": Fault("status"),
    "answer lost once": Fault("lost"),
    "closed once": Fault("closed"),
    "late once": Fault("late", seconds=LATE),
    "too often once": Fault("status", status=Status.RESOURCE_EXHAUSTED, again_after=0.1),
    "unavailable": Fault("status", times=None),
    "not allowed": Fault("status", times=None, status=Status.PERMISSION_DENIED),
    "limit reached": Fault("status", times=None, status=Status.RESOURCE_EXHAUSTED),
    "connection closed": Fault("closed", times=None),
    BOUNDED: Fault("hang", times=None),
}
"""What goes wrong; ``times`` None is for good."""

DONE, AS_BEFORE = ", done", ", as before"
"""What stands after a verb that changes something."""

Words = dict[tuple[str, str, str], str]
"""What is said, by verb, RPC and fault."""

AS_WITHOUT = "*as without*"

UNASKED = "-"
"""The cell of a question that was not asked this time: what it was about is on record since."""

UNRECORDED = "rollback"
"""The verb that is carried out first where nothing is on record, as after a destroy."""

HARMLESS = tuple(name for name, fault in FAULTS.items() if fault.times == 1)
"""What the client gets over, so that the result is the same."""

VERBS: dict[str, tuple[str, ...]] = {
    "logs": ("logs", "tiny"),
    "history": ("history", "tiny", "--format", "json"),
    "status": ("status", "--format", "json"),
    "status NAME": ("status", "tiny", "--format", "json"),
    "drift": ("drift", "PROFILE", "--format", "json"),
    "plan": ("plan", "PROFILE", "--format", "json"),
    "destroy": ("destroy", "tiny", "--yes", "--format", "json"),
    "rollback": ("rollback", "tiny", "--to", "FIRST", "--yes", "--no-verify", "--format", "json"),
    "apply": ("apply", "PROFILE", "--yes", "--no-verify", "--format", "json"),
}

CHANGING = frozenset({"apply", "rollback", "destroy"})

ADMITS = re.compile(
    r"not known|not reached|not-reached|not found out|could not be"
    r'|unlisted": "[^"]|unknown": "[^"]'
)
"""How a verb that ends well all the same says what it could not find out."""

ADMITTED = re.compile(
    r'"(?:unlisted|unknown|reason|message|unnoted|environments_unlisted)": "([^"]+)"'
)
"""The part of a result in which a verb that has one says what it could not find out."""

DIFFERS = re.compile(
    r"\bap-[0-9a-f]+|/tmp/\S+|\bprocess \d+|\b[0-9a-f]{12,}\b|\d+\.\d+\.\d+\.\d+:\d+"
)
"""What is another at each run."""

SHOWN = 150
"""Characters of what a verb says that the page shows."""

TIMES = re.compile(r'"(at|time|seconds|verified_at)": [\d.]+|"message": "[^"]*"')


@dataclass(frozen=True)
class Ended:
    """How a verb ended."""

    code: int
    out: str
    err: str
    seconds: float


@dataclass
class Stage:
    """A world with two versions of an app, that can be set back to how it was."""

    world: World
    profile: str
    now: str
    next: str
    digests: tuple[str, str]
    _apps: Any = None
    _dicts: Any = None

    def keep(self) -> None:
        """Remember how everything stands."""
        self._apps = copy.deepcopy(self.world.plane.state.apps)
        self._dicts = copy.deepcopy(self.world.plane.state.dicts)

    def set_back(self) -> None:
        """Let everything go right, and stand as it was."""
        self.world.plane.mend()
        self.world.plane.state.apps = copy.deepcopy(self._apps)
        self.world.plane.state.dicts = copy.deepcopy(self._dicts)

    def run(self, verb: str, *more: str) -> Ended:
        """Carry a verb out."""
        given = {"PROFILE": self.profile, "FIRST": self.digests[0][:12]}
        text = self.next if verb == "apply" else self.now
        Path(self.profile).write_text(text, encoding="utf-8")
        words = [given.get(word, word) for word in VERBS[verb]]
        began = time.monotonic()
        code, out, err = self.world.run(*words, *more)
        return Ended(code, out, err, time.monotonic() - began)

    def asked(self, verb: str) -> tuple[tuple[str, ...], Ended]:
        """Give the RPCs that a verb asks where all goes right, and how it ends then."""
        self.set_back()
        if verb == UNRECORDED:
            Records().forget("tiny-app", "")
        before = len(self.world.plane.calls)
        ended = self.run(verb)
        names = [name for name, _ in self.world.plane.calls[before:]]
        self.set_back()
        asked = set(names) | ({VOLUME} if "VolumeGetFile2" in names else set())
        return tuple(sorted(asked - {"AppHeartbeat"})), ended

    def cell(self, verb: str, rpc: str, fault: str, well: Ended) -> tuple[str, str]:
        """Carry a verb out with an RPC that goes wrong, and hold it to the law.

        Gives its exit code with the state, and what it said of the fault. Raises AssertionError
        where it says that all is well and it is not, where it ends in a traceback, takes longer
        than its bound, or leaves a state that the next one cannot mend.
        """
        self.set_back()
        self.world.plane.go_wrong(rpc, replace(FAULTS[fault]))
        # Only what waits for ever is bounded: a slow machine changes nothing else.
        bound = ("--timeout", LONGER.get(verb, SECONDS)) if fault == BOUNDED else ()
        before = len(self.world.plane.calls)
        ended = self.run(verb, *bound)
        asked = {name for name, _ in self.world.plane.calls[before:]}
        where = f"{verb}, {rpc}, {fault}: exit {ended.code}\n{ended.out}\n{ended.err}"
        was_asked = rpc == VOLUME or rpc in asked
        assert "Traceback" not in ended.err, where
        assert "fault of deployer" not in ended.err, where
        assert ended.seconds < (BOUND + (TIDYING if bound else 0.0)), where
        if fault in HARMLESS:
            assert ended.code == well.code, where
        same = TIMES.sub("", ended.out) == TIMES.sub("", well.out)
        if ended.code == well.code and fault not in HARMLESS:
            assert same or ADMITS.search(ended.out + ended.err), where
        if ended.code != well.code:
            assert ended.code == 1, where
            assert re.search(r"^error: \S", ended.err, re.MULTILINE) or ADMITS.search(ended.out), (
                where
            )
        if fault.startswith("late") and was_asked:
            assert "waiting for " in ended.err, where
        state = self._is_right(verb, ended, where) if verb in CHANGING else ""
        said = "" if ended.code == 0 and same else said_of(ended)
        return (f"{ended.code}{state}", said) if was_asked else (UNASKED, "")

    def _is_right(self, verb: str, ended: Ended, where: str) -> str:
        """Hold the state to what was said, and the next try to a good end; gives the state."""
        app = self.world.plane.app("tiny-app")
        if ended.code == 0:
            self._is_done(verb, where)
        assert len(app.versions) in {2, 3}, where
        changed = not app.deployed if verb == "destroy" else len(app.versions) > VERSIONS
        if changed and ended.code:
            assert ADMITS.search(ended.err), where
        self.world.plane.mend()
        again = self.run(verb)
        where = f"{where}\nand again: exit {again.code}\n{again.err}"
        assert again.code == 0, where
        self._is_done(verb, where)
        assert len(self.world.plane.app("tiny-app").versions) == (2 if verb == "destroy" else 3), (
            where
        )
        return DONE if changed else AS_BEFORE

    def _is_done(self, verb: str, where: str) -> None:
        app = self.world.plane.app("tiny-app")
        if verb == "destroy":
            assert not app.deployed, where
            return
        wanted = self.digests[0] if verb == "rollback" else app.tags["deployer.release"]
        assert app.deployed, where
        assert app.versions[-1].tag == wanted, where
        assert app.tags["deployer.release"] == wanted, where


def said_of(ended: Ended) -> str:
    """Give the words for what went wrong, shortened; '' where there are none."""
    found = re.search(r"^error: (.+)$", ended.err, re.MULTILINE) or ADMITTED.search(ended.out)
    said = DIFFERS.sub("...", found[1]).replace("|", "/") if found else ""
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}..."


def stage_of(world: World) -> Stage:
    """Deploy two versions, and write the profile of a third."""
    digests, texts = [], []
    for tokens in (32768, 16384, 8192):
        path = world.profile(max_prefill_tokens=f"  max_prefill_tokens: {tokens}")
        texts.append(Path(path).read_text(encoding="utf-8"))
        if len(texts) <= VERSIONS:
            code, out, err = world.run("apply", path, "--yes", "--no-verify", "--format", "json")
            assert code == 0, err
            digests.append(json.loads(out)["digest"])
    stage = Stage(world, path, texts[1], texts[2], (digests[0], digests[1]))
    stage.keep()
    return stage


def page(rows: dict[str, dict[str, dict[str, str]]], words: Words) -> str:
    """Write the page: exit codes by verb, RPC and fault, and the words of some of them."""
    lines = [
        HEAD.rstrip(),
        "",
        WORDS,
        *(f"| {' | '.join([*at, said])} |" for at, said in words.items()),
    ]
    lines += ["", TABLE]
    for verb, row in ((verb, rows[verb]) for verb in VERBS if verb in rows):
        lines += [
            f"### `deployer {verb}`\n",
            f"| RPC | {' | '.join(FAULTS)} |",
            f"|---|{'---|' * len(FAULTS)}",
            *(f"| {rpc} | {' | '.join(cells.values())} |" for rpc, cells in row.items()),
            "",
        ]
    return "\n".join(lines)


def read_words(text: str) -> Words:
    """Read the words of a page that :func:`page` wrote."""
    _, _, rest = text.partition(WORDS)
    rows = [line[2:-2].split(" | ") for line in rest.partition(TABLE)[0].splitlines() if line]
    return {(verb, rpc, fault): said for verb, rpc, fault, said in rows}


def read_page(text: str) -> dict[str, dict[str, dict[str, str]]]:
    """Read the cells of a page that :func:`page` wrote."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for block in text.split("### `deployer ")[1:]:
        verb, _, rest = block.partition("`")
        rows = [line.strip("| ").split(" | ") for line in rest.splitlines() if line.startswith("|")]
        found[verb] = {row[0]: dict(zip(FAULTS, row[1:], strict=True)) for row in rows[2:]}
    return found


VERSIONS = 2

HEAD = f"""\
# What becomes of a verb when Modal fails

This page is written by a run of `tests/apply/modal/test_fault_table.py`, and compared with every
other run of it: the real client asks the control plane of the tests, in which one kind of question
goes wrong. All cells are tried by `make thorough`, a fixed part of them by `make test`.

A cell is the exit code, and, of a verb that changes something, what stands afterwards: *done*, or
*as before*. What holds in each cell:

- **Words.** With **0** the verb did what it says, and its result is the very one of a run without
  a fault, or says what could not be found out. **1** comes with an `error:` line in words, or a
  result that says what was not reached. None ends in a traceback, and none in "this is a fault of
  deployer".
- **Bound.** None takes longer than its bound, which is in the table below. What is late says what
  it waits for.
- **State.** After a verb that changes something (`apply`, `rollback`, `destroy`) the same verb once
  more, when nothing goes wrong any more, comes to its good end, and makes no version twice. A 1
  with *done* means that what was asked for was done and the verb could not see it through; the next
  one goes on from there.

| fault | what goes wrong | bound |
|---|---|---|
| unavailable once | UNAVAILABLE, once | as without, and a pause of 0.1 s |
| answer lost once | it is done, and the connection is closed before the answer, once | as above |
| closed once | the connection is closed and nothing is done, once | as above |
| late once | the answer is late, once | as without, and what it is late by |
| too often once | RESOURCE_EXHAUSTED that asks to try again after a while, once | and that while |
| unavailable | UNAVAILABLE, for good | {BOUND:.0f} s: four tries of the client |
| not allowed | PERMISSION_DENIED, for good | {BOUND:.0f} s: at once |
| limit reached | RESOURCE_EXHAUSTED without more, for good | {BOUND:.0f} s: at once |
| connection closed | the connection is closed at once, for good | {BOUND:.0f} s: four tries |
| never answered | no answer, for good | `--timeout`, and {TIDYING:g} s to tidy up |

`--timeout` is {SECONDS} s here, and {LONGER["apply"]} s of an `apply`, which comes to some of its
questions late. Without it each question has {ANSWER:g} seconds by itself, with all that the client
tries again.

`volume block` stands for the HTTP request by which a file of a volume is read; `-` is a question
that is asked only where nothing is on record. `apply` is of a changed profile whose weights are
there, without `--verify`: what it asks while containers work is killed, not refused, in
`tests/apply/modal/test_killed.py`.
"""

WORDS = """\
## Kills

Beside it `tests/apply/modal/test_killed.py` kills an apply with SIGKILL at a random question,
before it is answered or after, and applies again from another machine: 200 times in `make
thorough`, once or three times in the other runs. What this page can vouch for is the newest such
run: on 2026-11-29, at commits 5c5e3a28 to a1ddef2b, 47 of the 200, and 47 right states; the other
153 were not made then. Of the table below each cell was tried that day.

## What it says

Of a fixed part of the cells, the words (shortened, without the hint below them); every cell's are
held to the law above. `injected` stands for what Modal itself says then. Where they are *as
without*, the result is the very one of a run without a fault.

| verb | RPC | fault | words |
|---|---|---|---|"""

TABLE = """\
## The table
"""
