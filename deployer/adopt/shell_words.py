"""The words of a shell script: quotes, escapes, and variables put in."""

from __future__ import annotations

import re
from bisect import bisect_left

from deployer.adopt.note import Kind, Note
from deployer.adopt.words import Words, balanced
from deployer.late import compile_pattern

LONGEST_SHOWN = 40
"""Characters of an expansion that a note shows."""

MOST_EXPANDED = 4_000_000
"""Characters that the variables of one text may come to: `A=$A$A` doubles with every line."""

Value = str | list[str]
"""A variable's text, or an array's items."""

NAMED = compile_pattern(r"\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}")
ITEMS = compile_pattern(r"\$\{([A-Za-z_]\w*)\[[@*]\]\}")
DEFAULTED = compile_pattern(r"\$\{([A-Za-z_]\w*)(:?)([-=])([^{}$`]*)\}")
RUNNING = compile_pattern(r"\$[({\d@*#?!$]|`")
"""What begins an expansion that only a shell can evaluate, where none of the others is there."""

PLAIN = compile_pattern(r"[^\s\\'\"$`;|<>&()]+", re.ASCII)
"""Characters of a word that mean themselves."""


class WordReader:
    """Reads words from a text at a place that moves; what it cannot evaluate it marks and notes.

    ``notes`` are those that marks refer to, ``broken`` those on the text itself. A text within
    another's word goes on with that one's ``notes``, and all of it stands at one ``line``.
    """

    def __init__(self, text: str, notes: list[Note] | None = None, line: int | None = None) -> None:
        self.notes: list[Note] = [] if notes is None else notes
        self.broken: list[Note] = []
        self._text = text
        self._at = 0
        self._values: dict[str, Value] = {}
        self._only_line = line
        self._room = MOST_EXPANDED
        self._breaks = [found.start() for found in re.finditer("\n", text)]

    def _array(self) -> list[str]:
        items: list[str] = []
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == ")":
                self._at += 1
                return items
            if character in " \t\n":
                self._at += 1
            elif self._text.startswith("\\\n", self._at):
                self._at += 2
            elif character == "#":
                self._skip_comment()
            elif character in ";|<>":
                self._at += 1  # no array has them; the word before was one
            else:
                items += self._word(closes=")")
        self._mend("a bracket is not closed")
        return items

    def _skip_comment(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end

    def _at_end_of_word(self) -> bool:
        return self._at >= len(self._text) or self._text[self._at] in " \t\n;&|"

    def _word(self, *, splits: bool = True, closes: str = "") -> list[str]:
        """Read one word of the text: none, one or several words once variables are put in."""
        made = Words()
        while self._at < len(self._text):
            character = self._text[self._at]
            if character in " \t\n;|<>" + closes or (character in "&()" and not closes):
                break
            if character == "\\":
                self._escaped(made)
            elif character == "'":
                self._single(made)
            elif character == '"':
                self._double(made)
            elif character in "$`":
                self._expand(made, quoted=not splits)
            else:
                found = PLAIN.match(self._text, self._at)
                made.add(found[0] if found else character)
                self._at += len(found[0]) if found else 1
        return made.words

    def _escaped(self, made: Words) -> None:
        following = self._text[self._at + 1 : self._at + 2]
        if following != "\n":
            made.add(following)
        self._at += 2

    def _single(self, made: Words) -> None:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            self._mend("a single quote is not closed")
            end = len(self._text)
        made.add(self._text[self._at + 1 : end])
        self._at = end + 1

    def _double(self, made: Words) -> None:
        self._at += 1
        made.add("")
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == '"':
                self._at += 1
                return
            if character == "\\" and self._text[self._at + 1 : self._at + 2] in '"\\$`\n':
                self._escaped(made)
            elif character in "$`":
                self._expand(made, quoted=True)
            else:
                made.add(character)
                self._at += 1
        self._mend("a double quote is not closed")

    def _expand(self, made: Words, *, quoted: bool) -> None:
        """Put in what stands at a dollar sign or a backquote."""
        text, at = self._text, self._at
        if text.startswith("$'", at):
            self._at += 1
            self._single(made)
        elif found := NAMED.match(text, at):
            self._at = found.end()
            self._value(found[1] or found[2], found[0], made, quoted=quoted)
        elif found := ITEMS.match(text, at):
            self._at = found.end()
            self._items(found[1], found[0], made)
        elif found := DEFAULTED.match(text, at):
            self._at = found.end()
            self._default(found, made, quoted=quoted)
        elif RUNNING.match(text, at):
            self._running(made)
        else:
            made.add("$")
            self._at += 1

    def _value(self, name: str, written: str, made: Words, *, quoted: bool) -> None:
        value = self._known(name, written)
        text = value if isinstance(value, str) else (value[0] if value else "")
        if quoted:
            made.add(text)
        else:
            made.add_split(text)

    def _items(self, name: str, written: str, made: Words) -> None:
        value = self._known(name, written)
        made.add_items([value] if isinstance(value, str) else value)

    def _known(self, name: str, written: str) -> Value:
        """Give a variable's value, or the mark of one that is not known."""
        value = self._values.get(name)
        if value is None:
            return self._unknown(f"`{written}` is set nowhere in the script", self._line())
        self._room -= len(value) if isinstance(value, str) else sum(map(len, value))
        if self._room < 0:
            return self._unknown(f"`{written}` comes to too much text", self._line())
        return value

    def _default(self, found: re.Match[str], made: Words, *, quoted: bool) -> None:
        """Take a variable that the script sets, else the default beside it."""
        value: Value = found[4].strip("\"'")
        if self._values.get(found[1]) or (found[1] in self._values and not found[2]):
            value = self._known(found[1], found[0])
        text = value if isinstance(value, str) else " ".join(value)
        if quoted:
            made.add(text)
        else:
            made.add_split(text)

    def _running(self, made: Words) -> None:
        """Step over what only a shell can evaluate, and say so."""
        length = balanced(self._text, self._at) - self._at
        shown = " ".join(self._text[self._at : self._at + length].split())
        shown = shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 1]}…"
        made.add(self._unknown(f"`{shown}` is known only when it runs", self._line()))
        self._at += length

    def _line(self) -> int:
        if self._only_line is not None:
            return self._only_line
        return bisect_left(self._breaks, self._at) + 1

    def _unknown(self, text: str, line: int) -> str:
        """Write down what is not known, and give the mark that stands for it."""
        self.notes.append(Note(Kind.LEFT_OUT, text, line))
        return f"\0{len(self.notes) - 1}\0"

    def _mend(self, text: str) -> None:
        """Write down what is not finished, and go on."""
        self.broken.append(Note(Kind.LEFT_OUT, text, self._line()))
