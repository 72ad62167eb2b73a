"""Read a shell script as data: which commands it would run, and with which words.

A small and honest part of POSIX shell and bash: quotes, continuations, comments, variables and
their defaults, arrays, `export`, tests on what is known, branches, loops over lists, functions,
pipes, redirections, here-documents. Nothing is run. What depends on running (`$(...)`, an argument,
a variable that the script does not set) is not guessed: the word that holds it is marked, and a
note says where.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence

from deployer.adopt.script import UNKNOWN, Command, Script, Unknowns
from deployer.adopt.shell_blocks import Block, Runs, both, negated
from deployer.adopt.shell_tests import changed, holds
from deployer.adopt.shell_values import Value, merged
from deployer.adopt.shell_words import WordReader, evaluated
from deployer.adopt.words import balanced
from deployer.late import compile_pattern

NAME = compile_pattern(r"[A-Za-z_]\w*")
ASSIGN = compile_pattern(r"([A-Za-z_]\w*)(\[[^\]\n]*\])?(\+?)=")
OPENING = frozenset({"if", "for", "while", "until", "case", "select", "{"})
BETWEEN = frozenset({"then", "else", "elif", "do"})
CLOSING = frozenset({"fi", "done", "esac", "}"})
OPENS = compile_pattern(r"(?:if|for|while|until|case|select|\{)(?=\s|$)|\((?!\()")
DECLARING = frozenset({"export", "declare", "local", "readonly", "typeset"})
READING = frozenset({"read", "mapfile", "readarray", "getopts", "let"})
"""Commands that set the variables that they name, to what only running tells."""

SUCCEEDS = frozenset(
    {":", "true", "echo", "export", "printf", "set", "shift", "declare", "local", "readonly",
     "unset", "typeset"}
)  # fmt: skip
LOOPS = frozenset({"for", "while", "until", "select"})
LEAVING = frozenset({"exit", "return", "break", "continue"})
OPERATOR = compile_pattern(r"&&|\|\||;;&|;;|;&|\|&|;|\||&(?!>)|\n|\)")
DEFINED = compile_pattern(
    r"(?:function[ \t]+([\w-]+)[ \t]*(?:\([ \t]*\))?|([A-Za-z_][\w-]*)[ \t]*\([ \t]*\))\s*\{"
)
REDIRECTION = compile_pattern(r"(\d*|&)(>>|>\||>&|>|<<<|<<-?|<&|<)[ \t]*")
RANGE = compile_pattern(r"\{(\d{1,3})\.\.(\d{1,3})\}")
BLANKS = compile_pattern(r"(?:[ \t]|\\\n)*")

MOST_ITEMS = 64
"""Items of a list that a loop is followed through."""

MOST_TURNS = 500
"""Turns of loops and calls of functions that are followed in one script."""

DEEPEST = 8
"""Calls of functions within each other that are followed."""


def read(
    text: str,
    variables: Mapping[str, str] | None = None,
    unknowns: Unknowns | None = None,
    arguments: Sequence[str] | None = (),
) -> Script:
    """Read a script; an unfinished quote or bracket is a note, never an error.

    ``variables`` are known before it begins, and seen by its commands; ``arguments`` are what it is
    called with, None where nobody knows.
    """
    plain = text.replace("\r\n", "\n")
    reader = _Reader(plain if unknowns is not None else plain.replace("\0", ""), unknowns)
    reader.know(variables or {})
    reader._positional = None if arguments is None else list(arguments)  # noqa: SLF001 - its own kind
    return reader.script()


def read_within(
    text: str, command: Command, outer: Script, arguments: list[str] | None = None
) -> Script:
    """Read a text that is a word of a command, as in `bash -c TEXT`.

    It sees the command's variables, and what it does not know is noted with what the outer script
    does not know.
    """
    reader = _Reader(text, outer.unknowns, command.line)
    reader.know(dict(command.variables))
    reader._positional = arguments or []  # noqa: SLF001 - its own kind
    return reader.script()


class _Budget:
    """What is left of turns and calls."""

    def __init__(self) -> None:
        self.left = MOST_TURNS


class _Reader(WordReader):
    """Reads a text from its start to its end, once."""

    def __init__(
        self, text: str, unknowns: Unknowns | None = None, line: int | None = None
    ) -> None:
        super().__init__(text, unknowns, line)
        self._commands: list[Command] = []
        self._exported: set[str] = set()
        self._blocks: list[Block] = []
        self._documents: list[tuple[str, bool, list[str]]] = []
        self._files: list[str] = []
        self._given: list[str] = []
        self._functions: dict[str, tuple[str, int]] = {}
        self._called: set[str] = set()
        self._locals: dict[str, Value | None] = {}
        self._budget = _Budget()
        self._depth = 0
        self._outer: Runs = True
        self._operator = "\n"
        self._pending: Runs = True
        self._status: Runs = True
        self._left = ""
        self._leaving = ""

    def know(self, variables: Mapping[str, str]) -> None:
        """Begin with variables that are set, and seen by commands, already."""
        self._values.update(variables)
        self._exported.update(variables)

    def script(self) -> Script:
        self._run()
        self._left, self._outer, self._blocks = "", None, []
        for name in [name for name in self._functions if name not in self._called]:
            if name not in self._called:
                self._call(name, None)
        return Script(self._commands, self.unknowns, self.broken)

    def _run(self) -> None:
        while self._at < len(self._text) and not self._left:
            self._command()
        self._close(0)

    def _runs(self) -> Runs:
        """Whether what is read now runs."""
        runs = self._outer
        for block in self._blocks:
            runs = both(runs, block.runs)
        return runs

    # Commands

    def _command(self) -> None:  # noqa: C901 - one case a form
        """Read up to the next operator, and keep what it says."""
        self._at = BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]
        if self._blocks and self._blocks[-1].patterns and self._pattern():
            return
        if self._defines():
            return
        pending, self._pending = self._pending, True
        if OPENS.match(self._text, self._at):
            self._simple(pending)
            return
        chain = None
        if pending is not True:
            chain = Block("chain", dict(self._values), current=pending)
            self._blocks.append(chain)
        before = self._status
        something = self._simple(True)  # noqa: FBT003 - whether it runs
        if chain is not None:
            if chain in self._blocks:  # a `}` without its `{` may have closed it
                self._close(self._blocks.index(chain))
            if pending is False:
                self._status = before
            elif pending is None:
                self._status = None
        if not something and self._operator == "\n":
            self._pending = pending
            return
        self._joins()
        if self._operator == ")":
            self._closes("subshell")
        elif self._operator.startswith(";") and len(self._operator) > 1:
            self._closes("case")

    def _joins(self) -> None:
        """Say whether the next command runs, by the operator before it."""
        self._pending = {"&&": self._status, "||": negated(self._status)}.get(self._operator, True)

    def _simple(self, pending: Runs) -> bool:  # noqa: C901, PLR0912 - one case a form
        """Read a command, or the mark of a block; tell whether there was anything."""
        words: list[str] = []
        own: dict[str, str] = {}
        start, negate, something = 0, False, False
        self._files, self._given = [], []
        while not self._ends():
            if self._redirection():
                continue
            at, line = self._at, self._line()
            if not words and self._text.startswith("((", at):
                something, start = True, line
                self._double_round()
                continue
            if not words and self._text.startswith("(", at):
                self._at += 1
                self._open("subshell", pending)
                return True
            if not words and re.match(r"\[\[\s", self._text[at : at + 3]):
                something = True
                self._status = self._double_square()
                continue
            if not words and self._assignment(own):
                something = True
                continue
            if words and words[0] in DECLARING and self._declared_array():
                continue
            self._at = at
            got = self._word()
            start = start or line
            if not words and got:
                if got[0] == "!":
                    negate = True
                    continue
                if self._keyword(got[0], pending):
                    return True
            if self._at == at:  # a character that begins nothing
                self._at += 1
                continue
            words += got
        if words:
            self._status = self._keep(words, own, start)
        elif own:
            self._status = True
            for name, value in own.items():
                self._set(name, value)
        if negate:
            self._status = negated(self._status)
        return bool(words or own or something)

    def _keep(self, words: list[str], own: dict[str, str], line: int) -> Runs:
        """Keep a command, and tell whether it succeeds."""
        name, runs = words[0], self._runs()
        if name in {"[", "test"}:
            return holds(words[1:-1] if name == "[" else words[1:], double=False)
        if runs is False:
            return None
        if name in DECLARING:
            self._declare(words)
        elif name == "unset":
            for one in words[1:]:
                self._forget(one)
        elif name in READING or (name == "printf" and words[1:2] == ["-v"]):
            self._read(words, line)
        elif name in LEAVING:
            self._leave(name)
        elif name in self._functions:
            self._call(name, words[1:])
        elif name == "shift" and self._positional:
            del self._positional[0]
        else:
            self._commands.append(self._made(words, own, line))
        return True if name in SUCCEEDS else (False if name == "false" else None)

    def _made(self, words: list[str], own: dict[str, str], line: int) -> Command:
        exported = {
            name: value
            for name in sorted(self._exported)
            if isinstance(value := self._values.get(name), str)
        }
        nested = self._outer is None or any(
            block.runs is None or block.word == "for"
            for block in self._blocks
            if block.word != "chain"
        )
        return Command(
            tuple(words),
            line,
            tuple({**exported, **own}.items()),
            nested,
            tuple(self._files),
            tuple(self._given),
        )

    def _declare(self, words: list[str]) -> None:
        for word in words[1:]:
            name, equals, value = word.partition("=")
            if not NAME.fullmatch(name):
                continue
            if words[0] == "local":
                self._locals.setdefault(name, self._values.get(name))
            else:
                self._exported.add(name)
            if equals:
                self._set(name, value)

    def _declared_array(self) -> bool:
        """Read `declare -a NAME=(...)`."""
        found = ASSIGN.match(self._text, self._at)
        return (
            found is not None and self._text.startswith("(", found.end()) and self._assignment({})
        )

    def _read(self, words: list[str], line: int) -> None:
        names = [word for word in words[1:] if NAME.fullmatch(word.partition("=")[0])]
        for name in names:
            plain = name.partition("=")[0]
            self._set(plain, self._unknown(f"`{plain}` is read when it runs", line))

    def _leave(self, word: str) -> None:
        """Follow `exit` and the like: what comes after in this branch does not run."""
        self._leaving = word
        if word in {"break", "continue"}:
            for block in reversed(self._blocks):
                if block.word in LOOPS:
                    block.irregular = True
                    block.outcomes.append(dict(self._values))
                    break
        if any(block.word != "chain" for block in self._blocks) or self._runs() is not True:
            if self._blocks:
                self._blocks[-1].dead = True
                if (
                    self._blocks[-1].word == "chain"
                    and len(self._blocks) > 1
                    and self._blocks[-1].current
                ):
                    self._blocks[-2].dead = True
        else:
            self._left = word

    # Blocks

    def _keyword(self, word: str, pending: Runs) -> bool:  # noqa: C901 - one case a form
        """Follow branches, loops and groups; tell whether the word was one of their marks."""
        if word in OPENING or word in CLOSING or word in BETWEEN:
            self._operator = ";"
        if word in OPENING:
            self._open(word, pending)
            return True
        top = self._blocks[-1] if self._blocks else None
        if word in CLOSING:
            if top is not None:
                self._close(len(self._blocks) - 1, again=word == "done")
            return True
        if top is None or word not in BETWEEN:
            return word in BETWEEN
        if word in {"then", "do"}:
            if top.word == "for":
                top.start = self._at
            elif top.word in {"while", "until"}:
                sure = self._status if top.word == "while" else negated(self._status)
                top.current = False if sure is False else None
            elif top.word == "if":
                top.before = (
                    dict(self._values) if not top.outcomes and not top.irregular else top.before
                )
                top.opens(self._status)
        elif top.word == "if":
            top.ends(self._values)
            self._values = dict(top.before)
            if word == "else":
                top.otherwise()
            else:
                top.current, top.dead = (False if top.decided else None), False
        self._pending = True
        return True

    def _open(self, word: str, pending: Runs) -> None:
        block = Block(word, dict(self._values), outer=pending)
        self._blocks.append(block)
        if word in {"for", "select"}:
            self._loop(block)
        elif word == "case":
            self._case(block)

    def _loop(self, block: Block) -> None:
        """Read the head of a loop: its variable, and its list where that is known."""
        found = re.compile(r"[ \t]*([A-Za-z_]\w*)(?:[ \t]+in\b)?").match(self._text, self._at)
        if found is None or not found[0].endswith("in"):
            end = self._text.find("\n", self._at)
            head = self._text[self._at : end if end >= 0 else None]
            for name in changed(head):
                self._set(name, self._unknown(f"`{name}` counts", self._line()))
            cut = head.find("do")
            self._at += cut if cut >= 0 else len(head)
            block.current, block.irregular = None, True
            return
        self._at, line = found.end(), self._line()
        items: list[str] = []
        while not self._ends():
            at = self._at
            items += self._word()
            if self._at == at:
                self._at += 1
        ranged = [RANGE.fullmatch(item) for item in items]
        if len(items) == 1 and (one := ranged[0]):
            items = [str(number) for number in range(int(one[1]), int(one[2]) + 1)]
        block.variable = found[1]
        doubtful = any(UNKNOWN.search(item) or re.search(r"[*?\[{]", item) for item in items)
        if doubtful or len(items) > MOST_ITEMS or block.word == "select":
            block.current, block.irregular = None, True
            self._set(found[1], self._unknown(f"`{found[1]}` goes through a list", line))
        else:
            block.items = items
            block.current = bool(items)
            if items:
                self._set(found[1], items.pop(0))

    def _case(self, block: Block) -> None:
        self._at = BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]
        block.subject = " ".join(self._word(splits=False))
        found = re.compile(r"\s*in\b").match(self._text, self._at)
        self._at = found.end() if found else self._at
        block.patterns, block.current = True, False

    def _pattern(self) -> bool:
        """Read the patterns before a branch of a `case`; tell whether there were any."""
        found = re.compile(r"(?:\s|#[^\n]*\n)*").match(self._text, self._at)
        self._at = found.end() if found else self._at
        if re.compile(r"esac\b").match(self._text, self._at):
            return False
        if self._text.startswith("(", self._at):
            self._at += 1
        block, holding, plain = self._blocks[-1], False, True
        result: Runs = False
        while self._at < len(self._text) and not self._text.startswith(")", self._at):
            at = self._at
            word = "".join(self._word(splits=False))
            if self._at == at:
                self._at += 1
                continue
            holding = holding or word == "*"
            plain = plain and not re.search(r"[\[\\]", word)
            if UNKNOWN.search(word) or UNKNOWN.search(block.subject) or not plain:
                result = (
                    None if result is False and word != "*" else (True if word == "*" else result)
                )
            elif fnmatch.fnmatchcase(block.subject, word):
                result = True
        self._at += 1
        block.patterns = False
        if holding:
            block.otherwise()
        else:
            block.opens(result)
        return True

    def _close(self, place: int, *, again: bool = False) -> None:
        """Close the blocks from a place on; at a loop's end, go back to its start for the next."""
        while len(self._blocks) > place:
            block = self._blocks[-1]
            if again and block.word == "for" and block.items and block.runs and not block.irregular:
                self._budget.left -= 1
                if self._budget.left > 0:
                    self._set(block.variable, block.items.pop(0))
                    self._at = block.start
                    return
            if again and block.items:
                block.irregular, block.current = True, None
            self._blocks.pop()
            self._after(block)

    def _after(self, block: Block) -> None:
        """Give the variables after a block."""
        looped = block.word in LOOPS
        self._status = None if block.word != "chain" else self._status
        if block.word == "subshell" or block.outer is False:
            self._values = block.before
            return
        if looped and block.irregular and block.current is not False:
            block.current = None
        if looped and block.current is True and block.outer is True and not block.dead:
            return
        reached = block.current
        block.ends(self._values)
        outcomes = block.all_outcomes()
        if not outcomes:  # every branch has left
            self._values = block.before
            if block.outer is True and self._runs() is True and not self._blocks:
                self._left = self._leaving
            elif self._blocks:
                self._blocks[-1].dead = True
            return
        unknown = looped and reached is None
        self._values = merged(
            outcomes,
            lambda text, choices, words: self.unknowns.mark(text, self._line(), choices, words),
            again=unknown,
        )

    # Functions

    def _defines(self) -> bool:
        """Keep the definition of a function for when it is called."""
        found = DEFINED.match(self._text, self._at)
        if found is None:
            return False
        name, start, line = found[1] or found[2], found.end(), self._line()
        reader = self._inner(self._text[start:], line + self._text.count("\n", self._at, start))
        reader._outer = False  # noqa: SLF001 - its own kind
        reader._functions = {}  # noqa: SLF001 - its own kind
        depth = Block("function", {}, current=False)
        reader._blocks.append(depth)  # noqa: SLF001 - its own kind
        while reader._at < len(reader._text) and depth in reader._blocks:  # noqa: SLF001 - its own kind
            reader._command()  # noqa: SLF001 - its own kind
        end = start + reader._at  # noqa: SLF001 - its own kind
        closed = depth not in reader._blocks  # noqa: SLF001 - its own kind
        if self._runs() is not False:
            first = line + self._text.count("\n", self._at, start)
            self._functions[name] = (self._text[start : end - 1 if closed else end], first)
        self._at = end
        return True

    def _inner(self, text: str, line: int) -> _Reader:
        """Give a reader of a part of the text, which shares what is known."""
        reader = _Reader(text, self.unknowns, self._only_line)
        reader._first_line = line
        reader._values, reader._exported = self._values, self._exported
        reader._functions, reader._called = self._functions, self._called
        reader._budget, reader._depth, reader._room = self._budget, self._depth + 1, self._room
        reader._positional = self._positional
        return reader

    def _call(self, name: str, arguments: list[str] | None) -> None:
        """Read a function's body where it is called."""
        self._called.add(name)
        self._budget.left -= 1
        if self._depth >= DEEPEST or self._budget.left <= 0:
            return
        body, line = self._functions[name]
        reader = self._inner(body, line)
        reader._commands, reader._outer, reader._positional = (  # noqa: SLF001 - its own kind
            self._commands,
            self._runs(),
            arguments,
        )
        reader._run()  # noqa: SLF001 - its own kind
        self.broken += reader.broken
        self._values, self._room = reader._values, reader._room  # noqa: SLF001 - its own kind
        for own, before in reader._locals.items():  # noqa: SLF001 - its own kind
            if before is None:
                self._values.pop(own, None)
            else:
                self._values[own] = before
        if reader._left == "exit":  # noqa: SLF001 - its own kind
            self._leave("exit")

    # Values

    def _set(self, name: str, value: Value) -> None:
        if self._runs() is not False:
            self._values[name] = value

    def _forget(self, name: str) -> None:
        self._values.pop(name, None)

    def _assignment(self, own: dict[str, str]) -> bool:
        """Read `NAME=value` or an array, if there is one."""
        found = ASSIGN.match(self._text, self._at)
        if found is None:
            return False
        name, adds = found[1], bool(found[3])
        self._at = found.end()
        if self._text.startswith("(", self._at):
            self._at += 1
            items = self._array()
            before = self._values.get(name, [])
            kept = [before] if isinstance(before, str) else list(before)
            if any(re.match(r"\[[^\]]*\]=", item) for item in items):
                items = [self._unknown(f"`{name}` has keys", self._line())]
            self._set(name, [*kept, *items] if adds else items)
            return True
        value = "" if self._at_end_of_word() else " ".join(self._word(splits=False))
        if found[2]:
            self._set(name, [self._unknown(f"`{name}` is changed in the middle", self._line())])
            return True
        if adds:
            before = self._values.get(name, "")
            if not isinstance(before, str):
                self._set(name, [f"{before[0] if before else ''}{value}", *before[1:]])
                return True
            value = own.get(name, before) + value
        own[name] = value
        return True

    # Tests

    def _double_square(self) -> Runs:
        """Read `[[ ... ]]`, and tell whether it holds."""
        self._at += 2
        tokens: list[str] = []
        while self._at < len(self._text):
            found = re.compile(r"(?:\s|\\\n)*").match(self._text, self._at)
            self._at = found.end() if found else self._at
            rest = self._text[self._at : self._at + 3]
            if rest.startswith("]]"):
                self._at += 2
                return holds(tokens, double=True)
            for sign in ("&&", "||", "(", ")", "<", ">"):
                if rest.startswith(sign):
                    tokens.append(sign)
                    self._at += len(sign)
                    break
            else:
                at = self._at
                if tokens and tokens[-1] == "=~":
                    raw = re.compile(r"(?:\([^)\n]*\)|[^\s)])+").match(self._text, self._at)
                    written = raw[0] if raw else ""
                    self._at += len(written)
                    tokens.append(
                        written
                        if "$" not in written.rstrip("$")
                        and "'" not in written
                        and '"' not in written
                        else "\0" + "0\0"
                    )
                else:
                    tokens.append(" ".join(self._word(splits=False)))
                if self._at == at:
                    self._at += 1
        self._mend("`[[` is not closed")
        return None

    def _double_round(self) -> None:
        """Read `(( ... ))`, tell whether it holds, and forget what it sets."""
        start = self._at
        end = balanced(f"${self._text[start : start + 2_000]}", 0) - 1 + start
        text = self._text[start + 2 : end - 2]
        self._at = max(end, start + 2)
        for name in changed(text):
            self._set(name, self._unknown(f"`{name}` is reckoned", self._line()))
        found = self._reckon(text)
        self._status = None if found is None else found != 0

    # What stands around

    def _ends(self) -> bool:
        """Skip blanks and comments; at an operator, step over it and tell so."""
        while self._at < len(self._text):
            character = self._text[self._at]
            if character in " \t":
                self._at += 1
            elif self._text.startswith("\\\n", self._at):
                self._at += 2
            elif character == "#":
                self._skip_comment()
            else:
                break
        self._operator = "\n"
        if self._at >= len(self._text):
            return True
        operator = OPERATOR.match(self._text, self._at)
        if operator is None:
            return False
        self._at = operator.end()
        self._operator = operator[0]
        if operator[0] == "\n":
            self._skip_documents()
        return True

    def _closes(self, word: str) -> None:
        """Close what an operator ends: a subshell, or one branch of a `case`."""
        places = [place for place, block in enumerate(self._blocks) if block.word == word]
        if not places:
            return
        if word == "subshell":
            self._close(places[-1])
            return
        self._close(places[-1] + 1)
        block = self._blocks[-1]
        block.ends(self._values)
        self._values, block.patterns = dict(block.before), True

    def _redirection(self) -> bool:
        """Step over `> file`, `2>&1`, `<<EOF` and the like."""
        found = REDIRECTION.match(self._text, self._at)
        if found is None:
            return False
        self._at = found.end()
        if self._at < len(self._text) and self._text[self._at] not in "\n;":
            if self._text[self._at] in "<>" and self._text.startswith("(", self._at + 1):
                self._at = balanced(f"${self._text[self._at + 1 :]}", 0) + self._at
                return True
            words = self._word()
            if found[2].startswith("<<"):
                if found[2] != "<<<" and words:
                    quoted = self._text[found.end()] in "'\"\\"
                    self._documents.append((words[0], quoted, self._given))
            elif words and words[0] != "/dev/null" and not words[0].isdigit():
                shown = UNKNOWN.sub("…", " ".join(words))
                self._files.append(f"{found[0].strip()} {shown}")
        return True

    def _skip_documents(self) -> None:
        """Step over the here-documents that the line before began, and keep what they hold."""
        for mark, quoted, given in self._documents:
            begins = self._at
            found = re.compile(rf"^\t*{re.escape(mark)}$", re.MULTILINE).search(self._text, begins)
            self._at = found.end() if found else len(self._text)
            held = self._text[begins : found.start() if found else None]
            if not quoted and self._runs() is not False:
                plain = {name: one for name, one in self._values.items() if isinstance(one, str)}
                line = self._line()
                held = evaluated(held.replace("$$", "$"), plain, self.unknowns, line)
            given.append(held)
        self._documents = []
