"""Launch scripts made up at random, of what people write: branches, loops, arrays, functions."""

from __future__ import annotations

import random
from collections.abc import Iterator

GIVEN = ("TP", "CONC", "MODE", "EXTRA")
"""Variables that a script may take from where it runs."""

ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"TP": "8", "CONC": "32", "MODE": "fast"},
    {"TP": "4", "CONC": "8", "MODE": "", "EXTRA": "--enable-metrics --log-level info"},
)

FLAGS = (
    "--tp", "--port", "--context-length", "--max-running-requests", "--chunked-prefill-size",
    "--scheduler-recv-interval", "--stream-interval",
)  # fmt: skip
SWITCHES = ("--disable-radix-cache", "--enable-mixed-chunk", "--trust-remote-code")


class Writer:
    """Writes one script."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - made up, not secret
        self.names: list[str] = []
        self.arrays: list[str] = []
        self.lines: list[str] = ["#!/bin/bash", "set -u" if self.dice.random() < 0.1 else ":"]
        self.functions = 0

    def script(self) -> str:
        """Give the text."""
        for _ in range(self.dice.randint(2, 7)):
            self.lines += self.statement(0)
        self.lines.append(self.launch())
        return "\n".join(self.lines) + "\n"

    def number(self) -> str:
        return str(self.dice.choice((1, 2, 4, 8, 10, 16, 30, 64, 4096)))

    def name(self) -> str:
        found = self.dice.choice("ABCDR") + self.dice.choice(("", "_SIZE"))
        if found not in self.names:
            self.names.append(found)
        return found

    def array(self) -> str:
        found = self.dice.choice(("ARGS", "MORE"))
        if found not in self.arrays:
            self.arrays.append(found)
            self.lines.append(f"{found}=()")
        return found

    def value(self) -> str:
        """Give a value as scripts write one."""
        known = self.dice.choice(self.names) if self.names else "NONE"
        return self.dice.choice((
            self.number(), self.number(), f'"{self.number()}"', f"'{self.number()}'",
            f"${{{known}:-{self.number()}}}",
            f"${{{self.dice.choice(GIVEN[:2])}:-{self.number()}}}",
            f"${{TP:-${{{known}:-{self.number()}}}}}", f"$(({self.number()} * 2 + 1))",
            f"$((${{{known}:-3}} + {self.number()}))",
            f"$(echo {self.number()})",
            f'"${{{known}:-{self.number()}}}"', f"${{{known}:+{self.number()}}}",
        ))  # fmt: skip

    def test(self) -> str:
        """Give a test as scripts write one."""
        known = self.dice.choice([*self.names, *GIVEN])
        number = self.number()
        return self.dice.choice((
            f"[[ ${{{known}:-0}} -ge {number} ]]", f'[ "${{{known}:-}}" = "{number}" ]',
            f'[[ -z "${{{known}:-}}" ]]', f'[ -n "${{{known}:-}}" ]',
            f'[[ "${{MODE:-slow}}" == fast && ${{{known}:-0}} -lt {number} ]]',
            f'[[ ${{MODE:-x}} == f* || -n "${{{known}:-}}" ]]', f"(( ${{{known}:-1}} > {number} ))",
            f"! [ {number} -gt 5 ]", f"[ {number} -eq 8 ]", "true", "false", "test -d /nowhere",
            f'[[ "${{{known}:-}}" =~ ^[0-9]+$ ]]', "grep -q x /dev/null",
        ))  # fmt: skip

    def assignment(self) -> str:
        return f"{self.name()}={self.value()}"

    def addition(self) -> str:
        name = self.array()
        if self.dice.random() < 0.3:
            return f"{name}+=({self.dice.choice(SWITCHES)})"
        return f"{name}+=({self.dice.choice(FLAGS)} {self.value()})"

    def statement(self, depth: int) -> list[str]:
        """Give the lines of one statement."""
        simple = (self.assignment, self.addition)
        made = self.dice.random()
        if depth > 2 or made < 0.45:
            line = self.dice.choice(simple)()
            if self.dice.random() < 0.2:
                return [f"{self.test()} {self.dice.choice(('&&', '||'))} {line}"]
            return [f"export {line}" if "+=" not in line and self.dice.random() < 0.2 else line]
        kinds = (self.branch, self.branch, self.case, self.loop, self.function, self.group)
        return self.dice.choice(kinds)(depth)

    def body(self, depth: int) -> list[str]:
        inner = [line for _ in range(self.dice.randint(1, 2)) for line in self.statement(depth + 1)]
        return [f"  {line}" for line in inner]

    def branch(self, depth: int) -> list[str]:
        lines = [f"if {self.test()}; then", *self.body(depth)]
        if self.dice.random() < 0.4:
            lines += [f"elif {self.test()}", "then", *self.body(depth)]
        if self.dice.random() < 0.6:
            lines += ["else", *self.body(depth)]
        return [*lines, "fi"]

    def case(self, depth: int) -> list[str]:
        subject = self.dice.choice([f"${{{one}:-none}}" for one in [*self.names, "MODE", "CONC"]])
        lines = [f"case {subject} in", "  8|16)", *self.body(depth), "  ;;", "  f*)"]
        lines += [*self.body(depth), "  ;;"]
        if self.dice.random() < 0.5:
            lines += ["  *)", *self.body(depth), "  ;;"]
        return [*lines, "esac"]

    def loop(self, depth: int) -> list[str]:
        items = self.dice.choice(("1 2 4", "{1..3}", '"8" 16', "$(echo 5 6)", "${CONC:-7}"))
        head = f"for I in {items}; do"
        more = self.dice.choice(
            (f"  {self.array()}+=(--stream-interval $I)", f"  {self.name()}=$I")
        )
        leave = [f"  if {self.test()}; then break; fi"] if self.dice.random() < 0.2 else []
        return [head, more, *leave, *self.body(depth), "done"]

    def function(self, depth: int) -> list[str]:
        self.functions += 1
        called = f"f{self.functions}"
        lines = [f"{called}() {{", f"  local L=${{1:-{self.number()}}}", f"  {self.name()}=$L"]
        lines += [*self.body(depth), "}"]
        if self.dice.random() < 0.8:
            lines.append(f"{called} {self.dice.choice(('', self.number()))}")
        return lines

    def group(self, depth: int) -> list[str]:
        opening, closing = self.dice.choice((("{", "}"), ("(", ")")))
        before = self.dice.choice(("", f"{self.test()} && ", f"{self.test()} || "))
        return [f"{before}{opening}", *self.body(depth), closing]

    def launch(self) -> str:
        """Give the command that starts the server."""
        words = ["python3 -m sglang.launch_server --model-path a/b"]
        for flag in self.dice.sample(FLAGS, self.dice.randint(1, 4)):
            name = self.dice.choice(self.names) if self.names else "NONE"
            plain = f"${{{name}:-3}}"
            written = (plain, f'"{plain}"', self.number())
            words.append(f"{flag} {self.dice.choice(written)}")
        words += [f'"${{{one}[@]}}"' for one in self.arrays]
        words += self.dice.choice(([], [], ["$EXTRA"], ["${EXTRA:-}"], ['"$@"']))
        return " \\\n  ".join(words)


def scripts(count: int, first: int = 0) -> Iterator[str]:
    """Give so many scripts."""
    for seed in range(first, first + count):
        yield Writer(seed).script()
