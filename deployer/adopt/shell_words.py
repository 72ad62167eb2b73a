"""The words of a shell script: quotes, escapes, and variables put in."""

from __future__ import annotations

import re

from deployer.adopt.note import Kind, Note

UNKNOWN = re.compile("\0(\\d+)\0")
"""Stands in a word for text that only running the script would give: the number is its note's."""

LONGEST_SHOWN = 40
"""Characters of an expansion that a note shows."""

Value = str | list[str]
"""A variable's text, or an array's items."""


class WordReader:
    """Reads words from a text at a place that moves; what it cannot evaluate it marks and notes.

    ``notes`` are those that marks refer to, ``broken`` those on the text itself.
    """

    def __init__(self, text: str) -> None:
        self.notes: list[Note] = []
        self.broken: list[Note] = []
        self._text = text
        self._at = 0
        self._values: dict[str, Value] = {}

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
                self._at += len(self._text[self._at :].partition("\n")[0])
            else:
                items += self._word(closes=")")
        self._mend("a bracket is not closed")
        return items

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
                made.add(character)
                self._at += 1
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
        rest = self._text[self._at :]
        if rest.startswith("$'"):
            self._at += 1
            self._single(made)
        elif found := re.match(r"\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}", rest):
            self._at += len(found[0])
            self._value(found[1] or found[2], found[0], made, quoted=quoted)
        elif found := re.match(r"\$\{([A-Za-z_]\w*)\[[@*]\]\}", rest):
            self._at += len(found[0])
            self._items(found[1], found[0], made)
        elif found := re.match(r"\$\{([A-Za-z_]\w*)(:?)([-=])([^{}$`]*)\}", rest):
            self._at += len(found[0])
            self._default(found, made, quoted=quoted)
        elif rest.startswith(("$(", "${", "`")) or re.match(r"\$[\d@*#?!$]", rest):
            self._running(rest, made)
        else:
            made.add("$")
            self._at += 1

    def _value(self, name: str, written: str, made: Words, *, quoted: bool) -> None:
        value = self._values.get(name)
        if value is None:
            value = self._unknown(f"`{written}` is set nowhere in the script", self._line())
        text = value if isinstance(value, str) else (value[0] if value else "")
        if quoted:
            made.add(text)
        else:
            made.add_split(text)

    def _items(self, name: str, written: str, made: Words) -> None:
        value = self._values.get(name)
        if value is None:
            value = self._unknown(f"`{written}` is set nowhere in the script", self._line())
        made.add_items([value] if isinstance(value, str) else value)

    def _default(self, found: re.Match[str], made: Words, *, quoted: bool) -> None:
        """Take a variable that the script sets, else the default beside it."""
        value = self._values.get(found[1])
        if value is None or (found[2] and not value):
            value = found[4].strip("\"'")
        text = value if isinstance(value, str) else " ".join(value)
        if quoted:
            made.add(text)
        else:
            made.add_split(text)

    def _running(self, rest: str, made: Words) -> None:
        """Step over what only a shell can evaluate, and say so."""
        length = _balanced(rest)
        shown = " ".join(rest[:length].split())
        shown = shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 1]}…"
        made.add(self._unknown(f"`{shown}` is known only when it runs", self._line()))
        self._at += length

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _unknown(self, text: str, line: int) -> str:
        """Write down what is not known, and give the mark that stands for it."""
        self.notes.append(Note(Kind.LEFT_OUT, text, line))
        return f"\0{len(self.notes) - 1}\0"

    def _mend(self, text: str) -> None:
        """Write down what is not finished, and go on."""
        self.broken.append(Note(Kind.LEFT_OUT, text, self._line()))


class Words:
    """Words under construction: text is added to the last one until something splits them."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._open = False

    def add(self, text: str) -> None:
        """Add quoted text, or one character."""
        if self._open:
            self.words[-1] += text
        else:
            self.words.append(text)
            self._open = True

    def add_split(self, text: str) -> None:
        """Add unquoted text: blanks in it end words."""
        parts = re.split(r"[ \t\n]+", text)
        for index, part in enumerate(parts):
            if index:
                self._open = False
            if part:
                self.add(part)

    def add_items(self, items: list[str]) -> None:
        """Add an array: each item ends the word before it."""
        for index, item in enumerate(items):
            if index:
                self._open = False
            self.add(item)


def _balanced(rest: str) -> int:
    """Give how long an expansion is, brackets within it counted."""
    if rest[0] == "`":
        end = rest.find("`", 1)
        return len(rest) if end < 0 else end + 1
    if len(rest) > 1 and rest[1] in "({":
        opening, closing = rest[1], ")" if rest[1] == "(" else "}"
        depth = 0
        for index, character in enumerate(rest):
            depth += (character == opening) - (character == closing)
            if index > 0 and depth == 0:
                return index + 1
        return len(rest)
    return 2
