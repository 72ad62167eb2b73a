"""The work in hand of an upgrade: edits of the text, the value that they must give, and notes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any, cast

from pydantic import ValidationError

from deployer.facts.sglang.catalogue import Catalogue
from deployer.finding import Span
from deployer.profile.model import Profile
from deployer.profile.source import Path, format_path
from deployer.profile.yaml_scalars import Misread, resolve
from deployer.upgrade import edits as make
from deployer.upgrade.document import Document, Edit, written
from deployer.upgrade.notes import Kind, Note

OPEN = frozenset({("engine", "args"), ("engine", "env")})
"""Mappings that are empty where nobody writes them. A section may ask for something by itself."""


class Draft:
    """Collects what is to be done to one profile.

    Each method does one thing to one entry, in the text and in ``value``, and says whether it
    could; where the layout forbids it, nothing is done. ``whole`` gives the profile's value from
    that of this one file, where it is made of several.
    """

    def __init__(
        self,
        doc: Document,
        profile: Profile,
        old: Catalogue | None,
        new: Catalogue,
        whole: Callable[[dict[str, Any]], object] = lambda value: value,
    ) -> None:
        self._whole = whole
        self.doc = doc
        self.profile = profile
        self.old = old
        self.new = new
        self.value: dict[str, Any] = copy.deepcopy(cast("dict[str, Any]", doc.source.value))
        self.notes: list[Note] = []
        self.dropped: list[str] = []
        self._edits: list[Edit] = []
        self._gone: list[Path] = []
        self._sections: dict[str, list[tuple[str, str, str]]] = {}

    def edits(self) -> list[Edit]:
        """Give every edit, with the sections that are new and the mappings that are empty now."""
        found = list(self._edits)
        for path in dict.fromkeys(path[:-1] for path in self._gone):
            found += self._emptied(path)
        for name, entries in self._sections.items():
            found += make.added_section(self.doc, name, entries) or ()
        return found

    def _emptied(self, path: Path) -> Iterable[Edit]:
        """Take out what holds nothing any more, where that is the same as nothing, or empty it."""
        made = make.emptied(self.doc, path, self._gone)
        alone = len(self.doc.keys(path[:-1])) == 1
        if not made or path not in OPEN or alone:
            return made
        cut = make.cut_empty(self.doc, path, self._edits)
        if cut:
            self._parent(path).pop(path[-1], None)
        return cut or made

    def note(self, kind: Kind, path: Path, before: str, after: str = "", why: str = "") -> None:
        """Say what became of an entry."""
        self.notes.append(Note(kind, format_path(path), before, after, why))

    def drop_comment(self, span: Span) -> bool:
        """Take a comment out that says what a span holds, and nothing else."""
        made = make.without_comment(self.doc, span)
        if made is None:
            return False
        text = self.doc.text[slice(*self.doc.range(span))]
        self._edits += made
        self.dropped.append(text.rstrip())
        line = self.doc.source.line(span.line)
        self.notes.append(Note(Kind.TAKEN_OUT, f"line {span.line}", line.strip()))
        return True

    def change_value(self, path: Path, value: str) -> bool:
        """Give an entry another text."""
        made = make.changed_value(self.doc, path, value)
        if made is None:
            return False
        self._edits += made
        self._parent(path)[path[-1]] = value
        return True

    def rename_key(self, path: Path, name: str) -> bool:
        """Give an entry another key; not one that is there already."""
        parent = self._parent(path)
        if name in parent:
            return False
        self._edits += make.renamed_key(self.doc, path, name)
        parent[name] = parent.pop(path[-1])
        return True

    def reshape(self, path: Path, entries: list[tuple[str, object]]) -> bool:
        """Write entries in the place of one: the first with its comment, the others behind it."""
        parent = self._parent(path)
        (name, value), *more = entries
        if any(key in parent and key != path[-1] for key, _ in entries):
            return False
        made = make.changed_value(self.doc, path, value)
        behind = [
            make.added_after(self.doc, path, f"{key}: {written(given)}") for key, given in more
        ]
        if made is None or any(edit is None for edit in behind):
            return False
        self._edits += (*make.renamed_key(self.doc, path, name), *made)
        for edit in behind:
            self._edits += edit or ()
        del parent[path[-1]]
        parent.update(dict(entries))
        return True

    def comment_out(self, path: Path) -> bool:
        """Keep an entry as a comment."""
        made = make.commented_out(self.doc, path)
        if made is None:
            return False
        self._edits += made
        self._gone.append(path)
        del self._parent(path)[path[-1]]
        return True

    def move(self, path: Path, homes: list[tuple[str, str, object]]) -> bool:
        """Take an entry out, and write it as fields of sections instead, with its comment.

        ``homes`` are section, field and value. It is left where a field is stated already, or
        would not take the value.
        """
        wanted = copy.deepcopy(self.value)
        del _at(wanted, path[:-1])[path[-1]]
        entries = []
        for section, field, value in homes:
            place = wanted.setdefault(section, {})
            if not isinstance(place, dict) or field in place:
                return False
            fitting = next(
                (v for v in _readings(value) if self._valid(wanted, place, field, v)), None
            )
            if fitting is None:
                return False
            place[field] = fitting
            entries.append((section, f"{field}: {written(fitting)}"))
        if not self._moved(path, entries):
            return False
        self.value = wanted
        return True

    def _valid(
        self, wanted: dict[str, Any], place: dict[str, Any], field: str, value: object
    ) -> bool:
        place[field] = value
        try:
            Profile.model_validate(self._whole(wanted))
        except ValidationError:
            return False
        finally:
            del place[field]
        return True

    def _moved(self, path: Path, entries: list[tuple[str, str]]) -> bool:
        taken = make.taken_out(self.doc, path)
        if taken is None:
            return False
        made, comment = list(taken[0]), taken[1]
        sections: list[tuple[str, tuple[str, str, str]]] = []
        cut, upper = make.above(self.doc, path)
        if self.doc.source.written((entries[0][0],)) and self.doc.is_flow((entries[0][0],)):
            cut, upper = (), ""
        made += cut
        for section, entry in entries:
            if self.doc.source.written((section,)):
                added = make.added_entry(self.doc, (section,), entry, comment, upper)
                if added is None:
                    return False
                made += added
            elif self.doc.text.lstrip().startswith("{"):
                return False
            else:
                sections.append((section, (entry, comment, upper)))
            comment = upper = ""
        self._edits += made
        self._gone.append(path)
        for section, line in sections:
            self._sections.setdefault(section, []).append(line)
        return True

    def _parent(self, path: Path) -> dict[Any, Any]:
        parent: dict[Any, Any] = _at(self.value, path[:-1])
        return parent


def _at(value: Any, path: Path) -> Any:  # noqa: ANN401 - any part of a profile
    for step in path:
        value = value[step]
    return value


def _readings(value: object) -> tuple[object, ...]:
    """Give a value, and what its text would be without quotes: `"40"` may be meant as 40."""
    if not isinstance(value, str) or isinstance(plain := resolve(value), Misread):
        return (value,)
    return (value, plain)
