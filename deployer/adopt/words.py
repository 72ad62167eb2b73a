"""Words as a shell makes them from text, and where an expansion ends."""

from __future__ import annotations

import re


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


def balanced(text: str, start: int) -> int:
    """Give where an expansion ends, brackets within it counted."""
    if text[start] == "`":
        end = text.find("`", start + 1)
        return len(text) if end < 0 else end + 1
    opening = text[start + 1]
    if opening not in "({":
        return start + 2
    depth = 0
    for found in re.compile(r"[()]" if opening == "(" else r"[{}]").finditer(text, start):
        depth += 1 if found[0] == opening else -1
        if depth == 0:
            return found.end()
    return len(text)
