"""Read a shell script as data: which commands it would run, and with which words.

A small and honest part of POSIX shell and bash: quotes, continuations, comments, variables and
their defaults, arrays, `export`, lists of commands, pipes, redirections, here-documents. Nothing is
run. What depends on running (`$(...)`, an argument, a loop, a variable that the script does not
set) is not guessed: the word that holds it is marked, and a note says where.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from deployer.adopt.note import Note
from deployer.adopt.script import UNKNOWN, Command, Script
from deployer.adopt.shell_words import Value, WordReader
from deployer.late import compile_pattern

NAME = compile_pattern(r"[A-Za-z_]\w*")
ASSIGN = compile_pattern(r"([A-Za-z_]\w*)(\+?)=")
OPENING = frozenset({"if", "for", "while", "until", "case", "select", "function", "{"})
CLOSING = frozenset({"fi", "done", "esac", "}"})
BETWEEN = frozenset({"then", "else", "elif", "do", "in", "!"})
DECLARING = frozenset({"export", "declare", "local", "readonly", "typeset"})
OPERATOR = compile_pattern(r"&&|\|\||;;|\|&|;|\||&(?!>)|\n|\(|\)")
FUNCTION = compile_pattern(r"\(\s*\)\s*\{")
HEAD = compile_pattern(r"[^\n;{]*")
REDIRECTION = compile_pattern(r"(\d*|&)(>>|>\||>&|>|<<<|<<-?|<&|<)[ \t]*")


def read(text: str) -> Script:
    """Read a script; an unfinished quote or bracket is a note, never an error."""
    return _Reader(text.replace("\r\n", "\n").replace("\0", "")).script()


def read_within(text: str, command: Command, outer: Script) -> Script:
    """Read a text that is a word of a command, as in `bash -c TEXT`.

    It sees the command's variables, and what it does not know is noted with what the outer script
    does not know.
    """
    reader = _Reader(text, outer.notes, command.line)
    reader.know(dict(command.variables))
    return reader.script()


class _Reader(WordReader):
    """Reads a text from its start to its end, once."""

    def __init__(self, text: str, notes: list[Note] | None = None, line: int | None = None) -> None:
        super().__init__(text, notes, line)
        self._commands: list[Command] = []
        self._exported: set[str] = set()
        self._nesting: list[dict[str, Value | None]] = []
        self._documents: list[str] = []
        self._files: list[str] = []

    def know(self, variables: Mapping[str, str]) -> None:
        """Begin with variables that are set, and seen by commands, already."""
        self._values.update(variables)
        self._exported.update(variables)

    def script(self) -> Script:
        while self._at < len(self._text):
            self._command()
        return Script(self._commands, self.notes, self.broken)

    def _command(self) -> None:
        """Read up to the next operator, and keep what it says."""
        words: list[str] = []
        own: dict[str, str] = {}
        start = 0
        self._files = []
        while not self._ends():
            if self._redirection():
                continue
            at, line = self._at, self._line()
            if not words and self._assignment(own):
                continue
            self._at = at
            got = self._word()
            start = start or line
            if not words and got and self._keyword(got[0], line):
                start = 0
                continue
            words += got
        if words:
            self._keep(words, own, start)
        elif own:
            for name, value in own.items():
                self._set(name, value)

    def _keep(self, words: list[str], own: dict[str, str], line: int) -> None:
        if words[0] in DECLARING:
            self._declare(words[1:])
            return
        if words[0] == "unset":
            for name in words[1:]:
                self._values.pop(name, None)
            return
        exported = {
            name: value
            for name in sorted(self._exported)
            if isinstance(value := self._values.get(name), str)
        }
        variables = tuple({**exported, **own}.items())
        nested = bool(self._nesting)
        self._commands.append(Command(tuple(words), line, variables, nested, tuple(self._files)))

    def _declare(self, words: list[str]) -> None:
        for word in words:
            name, equals, value = word.partition("=")
            if not NAME.fullmatch(name):
                continue
            self._exported.add(name)
            if equals:
                self._set(name, value)

    def _keyword(self, word: str, line: int) -> bool:
        """Follow branches, loops and functions; tell whether the word was one of their marks."""
        if word in OPENING:
            self._nesting.append({})
            if word in {"for", "case", "select", "function"}:
                self._head(word)
            return True
        if word in CLOSING:
            if self._nesting:
                self._leave(line)
            return True
        return word in BETWEEN

    def _head(self, word: str) -> None:
        """Skip the head of a loop, a case or a function; a loop's variable is not known."""
        head = HEAD.match(self._text, self._at)
        text = head[0] if head else ""
        self._at += len(text)
        if word in {"for", "select"} and (found := NAME.search(text)):
            line = self._line()
            self._set(found[0], self._unknown(f"`{found[0]}` goes through a list", line))

    def _leave(self, line: int) -> None:
        """Forget what a branch set: whether it ran is not known."""
        for name, before in self._nesting.pop().items():
            text = f"`{name}` may or may not be changed by the block that ends here"
            mark = self._unknown(text, line)
            after = self._values.get(name)
            if isinstance(before, list) and isinstance(after, list):
                kept = before if after[: len(before)] == before else []
                self._set(name, [*kept, mark])
            elif isinstance(before, str) and isinstance(after, str) and after.startswith(before):
                self._set(name, f"{before} {mark}")
            else:
                self._set(name, mark)

    def _set(self, name: str, value: Value) -> None:
        if self._nesting:
            self._nesting[-1].setdefault(name, self._values.get(name))
        self._values[name] = value

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
            elif character == "(" and (function := FUNCTION.match(self._text, self._at)):
                self._at = function.end()
                self._nesting.append({})
                return True
            else:
                break
        if self._at >= len(self._text):
            return True
        operator = OPERATOR.match(self._text, self._at)
        if operator is None:
            return False
        self._at = operator.end()
        if operator[0] == "\n":
            self._skip_documents()
        return True

    def _redirection(self) -> bool:
        """Step over `> file`, `2>&1`, `<<EOF` and the like."""
        found = REDIRECTION.match(self._text, self._at)
        if found is None:
            return False
        self._at = found.end()
        if self._at < len(self._text) and self._text[self._at] not in "\n;":
            words = self._word()
            if found[2].startswith("<<"):
                if found[2] != "<<<" and words:
                    self._documents.append(words[0])
            elif words and words[0] != "/dev/null" and not words[0].isdigit():
                shown = UNKNOWN.sub("…", " ".join(words))
                self._files.append(f"{found[0].strip()} {shown}")
        return True

    def _skip_documents(self) -> None:
        """Step over the here-documents that the line before began."""
        for mark in self._documents:
            found = re.compile(rf"^\t*{re.escape(mark)}$", re.MULTILINE).search(
                self._text, self._at
            )
            self._at = found.end() if found else len(self._text)
        self._documents = []

    def _assignment(self, own: dict[str, str]) -> bool:
        """Read `NAME=value` or an array, if there is one."""
        found = ASSIGN.match(self._text, self._at)
        if found is None:
            return False
        name, adds = found[1], bool(found[2])
        self._at = found.end()
        if self._text.startswith("(", self._at):
            self._at += 1
            items = self._array()
            before = self._values.get(name, [])
            kept = [before] if isinstance(before, str) else list(before)
            self._set(name, [*kept, *items] if adds else items)
            return True
        value = "" if self._at_end_of_word() else " ".join(self._word(splits=False))
        if adds:
            before = self._values.get(name, "")
            value = (before if isinstance(before, str) else " ".join(before)) + value
        own[name] = value
        return True
