"""The words of a shell script: quotes, escapes, and variables put in."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from deployer.adopt.note import Kind, Note
from deployer.adopt.script import UNKNOWN, Choice, Unknowns
from deployer.adopt.shell_expansion import Expansion, Rest, case_changed, expansion, piece, stripped
from deployer.adopt.shell_tests import arithmetic
from deployer.adopt.shell_values import Value
from deployer.adopt.words import Words, balanced
from deployer.late import compile_pattern

LONGEST_SHOWN = 40
"""Characters of an expansion that a note shows."""

MOST_EXPANDED = 4_000_000
"""Characters that the variables of one text may come to: `A=$A$A` doubles with every line."""

NAMED = compile_pattern(r"\$([A-Za-z_]\w*|\d)")
ALL = compile_pattern(r"\$[@*]")
ALONE = compile_pattern(r'"(?:\$@|\$\{(?:[A-Za-z_]\w*\[@\]|@)\})"')
COUNTED = compile_pattern(r"\$#(?![A-Za-z_{])")
RUNNING = compile_pattern(r"\$[({?!$-]|`")
"""What begins an expansion that only a shell can evaluate, where none of the others is there."""

PLAIN = compile_pattern(r"[^\s\\'\"$`;|<>&()]+", re.ASCII)
"""Characters of a word that mean themselves."""


class WordReader:
    """Reads words from a text at a place that moves; what it cannot evaluate it marks and notes.

    ``unknowns`` are those that marks refer to, ``broken`` the notes on the text itself. A text
    within another's word goes on with that one's ``unknowns``, and all of it stands at one
    ``line``. ``positional`` are the arguments of the script or the function.
    """

    def __init__(
        self, text: str, unknowns: Unknowns | None = None, line: int | None = None
    ) -> None:
        self.unknowns = Unknowns() if unknowns is None else unknowns
        self.broken: list[Note] = []
        self._text = text
        self._at = 0
        self._values: dict[str, Value] = {}
        self._positional: list[str] | None = []
        self._only_line = line
        self._first_line = 1
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
        if (
            self._text.startswith("~", self._at)
            and self._text[self._at + 1 : self._at + 2] in "/ \t\n;"
        ):
            made.add(self._unknown("`~` is the home of whoever runs it", self._line()))
            self._at += 1
        while self._at < len(self._text):
            character = self._text[self._at]
            if character in " \t\n;|<>" + closes or (character in "&()" and not closes):
                break
            self._part(made, quoted=not splits)
        return made.words

    def _part(self, made: Words, *, quoted: bool) -> None:
        """Read a quote, an expansion, or what stands for itself up to the next of these."""
        character = self._text[self._at]
        if character == "\\":
            self._escaped(made)
        elif character == "'":
            self._single(made)
        elif character == '"':
            self._double(made)
        elif character in "$`":
            self._expand(made, quoted=quoted)
        else:
            found = PLAIN.match(self._text, self._at)
            made.add(found[0] if found else character)
            self._at += len(found[0]) if found else 1

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
        if found := ALONE.match(self._text, self._at):  # an array is as many words as it has items
            self._at += 1
            self._expand(made, quoted=True)
            self._at = found.end()
            return
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
            self._ansi(made)
        elif found := NAMED.match(text, at):
            self._at = found.end()
            self._put(self._known(found[1], found[0]), made, quoted=quoted)
        elif found := ALL.match(text, at):
            self._at = found.end()
            self._put_items(self._arguments(found[0]), made)
        elif found := COUNTED.match(text, at):
            self._at = found.end()
            given = self._arguments(found[0])
            made.add(given[0] if self._positional is None else str(len(given)))
        elif (
            text.startswith("$((", at) and text[balanced(text, at) - 2 : balanced(text, at)] == "))"
        ):
            self._arithmetic(made)
        elif text.startswith("${", at) and (
            braced := expansion(text[at + 2 : balanced(text, at) - 1])
        ):
            written = text[at : balanced(text, at)]
            self._at += len(written)
            self._braced(braced, written, made, quoted=quoted)
        elif RUNNING.match(text, at):
            self._running(made)
        else:
            made.add("$")
            self._at += 1

    def _ansi(self, made: Words) -> None:
        """Read `$'...'`; one with escapes is not evaluated."""
        end = self._text.find("'", self._at + 2)
        if end < 0 or "\\" in self._text[self._at : end]:
            written = self._text[self._at : end if end >= 0 else None]
            self._at += len(written) + 1
            made.add(self._unknown("`$'…'` has escapes, which are not read", self._line()))
            return
        self._at += 1
        self._single(made)

    def _put(self, value: Value, made: Words, *, quoted: bool) -> None:
        text = value if isinstance(value, str) else (value[0] if value else "")
        if quoted:
            made.add(text)
        else:
            made.add_split(text)

    def _put_items(self, items: Sequence[str], made: Words) -> None:
        made.add_items(list(items))

    def _arguments(self, written: str) -> list[str]:
        """Give the arguments: a script is read as if it were called with none."""
        if self._positional is None:
            return [self._unknown(f"`{written}` is given by whoever calls it", self._line())]
        return self._positional

    def _known(self, name: str, written: str) -> Value:
        """Give a variable's value, or the mark of one that is not known."""
        value = self._value_of(name)
        if value is None:
            by = (
                "is given by whoever calls it" if name.isdigit() else "is set nowhere in the script"
            )
            return self._unknown(f"`{written}` {by}", self._line())
        self._room -= len(value) if isinstance(value, str) else sum(map(len, value))
        if self._room < 0:
            return self._unknown(f"`{written}` comes to too much text", self._line())
        return value

    def _value_of(self, name: str) -> Value | None:
        if not name.isdigit():
            return self._values.get(name)
        place = int(name) - 1
        known = self._positional
        return known[place] if known is not None and 0 <= place < len(known) else None

    def _braced(self, braced: Expansion, written: str, made: Words, *, quoted: bool) -> None:  # noqa: C901 - one case a form
        """Put in `${NAME}` and its forms."""
        value = self._value_of(braced.name)
        if braced.name in {"@", "*"}:
            value = self._positional
        if braced.rest is Rest.DEFAULT and self._positional is None and braced.name.isdigit():
            self._put(self._known(braced.name, written), made, quoted=quoted)
            return
        if braced.rest in {Rest.DEFAULT, Rest.INSTEAD}:
            empty = value is None or (braced.colon and value == "") or value == []
            wanted = empty if braced.rest is Rest.DEFAULT else not empty
            if isinstance(value, str) and braced.colon and UNKNOWN.search(value):
                self._put(
                    self._unknown(
                        f"`{_shown(written)}` depends on a value that is not known", self._line()
                    ),
                    made,
                    quoted=quoted,
                )
            elif wanted:
                text = self._within(braced.text)
                if braced.assigns:
                    self._values[braced.name] = text
                self._put(text, made, quoted=quoted)
            elif braced.rest is Rest.DEFAULT:
                self._put_whole(braced, written, made, quoted=quoted)
            return
        if braced.rest in {Rest.NONE, Rest.REQUIRED}:
            self._put_whole(braced, written, made, quoted=quoted)
            return
        known = value if isinstance(value, str) and not braced.index else None
        changed = None if known is None or UNKNOWN.search(known) else self._changed(braced, known)
        if changed is None:
            if braced.name in self._values or braced.name.isdigit():
                changed = self._unknown(
                    f"`{_shown(written)}` is known only when it runs", self._line()
                )
            else:
                changed = self._unknown(
                    f"`{_shown(written)}` is set nowhere in the script", self._line()
                )
        self._put(changed, made, quoted=quoted)

    def _put_whole(self, braced: Expansion, written: str, made: Words, *, quoted: bool) -> None:
        if braced.name in {"@", "*"}:
            self._put_items(self._arguments(written), made)
            return
        value = self._known(braced.name, written)
        if braced.index in {"@", "*"}:
            self._put_items([value] if isinstance(value, str) else value, made)
            return
        if braced.index and not (isinstance(value, str) and braced.index == "0"):
            place = int(braced.index) if braced.index.isdigit() else -1
            sure = isinstance(value, list) and 0 <= place < len(value)
            if not sure or any(UNKNOWN.search(item) for item in value[: place + 1]):
                value = self._unknown(
                    f"`{_shown(written)}` is known only when it runs", self._line()
                )
            else:
                value = value[place]
        self._put(value, made, quoted=quoted)

    def _changed(self, braced: Expansion, value: str) -> str | None:
        """Give the value without a part, or in other letters; None where that is not known."""
        pattern = self._within(braced.text)
        if UNKNOWN.search(pattern):
            return None
        if braced.rest is Rest.STRIP:
            return stripped(value, braced.sign, pattern)
        if braced.rest is Rest.PIECE:
            return piece(value, pattern)
        if braced.rest is Rest.LENGTH:
            return str(len(value))
        return case_changed(value, braced.sign, pattern)

    def _within(self, text: str) -> str:
        """Evaluate the text of a default, which is one word whatever stands in it."""
        reader = WordReader(text, self.unknowns, self._line())
        reader._values, reader._positional, reader._room = (
            self._values,
            self._positional,
            self._room,
        )
        made = Words()
        made.add("")
        while reader._at < len(text):
            reader._part(made, quoted=True)
        self._room = reader._room
        return " ".join(made.words)

    def _arithmetic(self, made: Words) -> None:
        end = balanced(self._text, self._at)
        written = self._text[self._at : end]
        self._at = end
        found = self._reckon(written[3:-2])
        made.add(
            str(found)
            if found is not None
            else self._unknown(f"`{_shown(written)}` is known only when it runs", self._line())
        )

    def _reckon(self, text: str) -> int | None:
        def value(name: str) -> str | None:
            found = self._values.get(name)
            return found if isinstance(found, str) else None

        return arithmetic(self._within(text), value)

    def _running(self, made: Words) -> None:
        """Step over what only a shell can evaluate, and say so."""
        length = balanced(self._text, self._at) - self._at
        shown = _shown(self._text[self._at : self._at + length])
        made.add(self._unknown(f"`{shown}` is known only when it runs", self._line()))
        self._at += length

    def _line(self) -> int:
        if self._only_line is not None:
            return self._only_line
        return bisect_left(self._breaks, self._at) + self._first_line

    def _unknown(self, text: str, line: int, choices: Sequence[Choice] = ()) -> str:
        """Write down what is not known, and give the mark that stands for it."""
        return self.unknowns.mark(text, line, choices)

    def _mend(self, text: str) -> None:
        """Write down what is not finished, and go on."""
        self.broken.append(Note(Kind.LEFT_OUT, text, self._line()))


def _shown(written: str) -> str:
    """Give an expansion as a note shows it: on one line, and not long."""
    shown = " ".join(UNKNOWN.sub("…", written).split())
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 1]}…"


def evaluated(text: str, values: Mapping[str, str], unknowns: Unknowns, line: int = 0) -> str:
    """Put variables into a text in which only `$` means something, as compose files have it."""
    reader = WordReader(text, unknowns, line)
    reader._values = dict(values)  # its own  # noqa: SLF001 - its own kind
    made = Words()
    made.add("")
    while reader._at < len(text):  # noqa: SLF001 - its own kind
        if text.startswith("$$", reader._at):  # noqa: SLF001 - its own kind
            made.add("$")
            reader._at += 2  # noqa: SLF001 - its own kind
        elif text[reader._at] == "$":  # noqa: SLF001 - its own kind
            reader._expand(made, quoted=True)  # noqa: SLF001 - its own kind
        else:
            made.add(text[reader._at])  # noqa: SLF001 - its own kind
            reader._at += 1  # noqa: SLF001 - its own kind
    return made.words[0]
