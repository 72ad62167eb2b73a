"""Rewrite a profile for another release of the engine: text in, text and a report out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from deployer.compile.release import compile_profile
from deployer.errors import Failure
from deployer.facts.sglang.catalogue import Catalogue, find, load
from deployer.finding import Span
from deployer.plan.defaults import changed_defaults
from deployer.plan.sides import Sides, side
from deployer.profile.layers import Layered, Named, Text, laid
from deployer.profile.load import Loaded, load_profile
from deployer.profile.model import Profile
from deployer.release import Release
from deployer.upgrade.document import Document, applied
from deployer.upgrade.draft import Draft
from deployer.upgrade.engine import migrate_image, migrate_variables, migrate_version
from deployer.upgrade.notes import Kind, Note, Upgrade
from deployer.upgrade.offers import offers
from deployer.upgrade.options import migrate_args, migrate_fields


def upgrade(text: Text, file: str, version: str) -> Upgrade:
    """Rewrite a profile for release ``version``, be it newer, older or the same.

    Each value is rewritten in the file that it stands in. Raises UnknownReleaseError for a release
    without a catalogue, and Failure for a text that is no profile, or that would not come out as it
    was meant to.
    """
    new = load(version)
    loaded = load_profile(text, file)
    profile = _profile(loaded, file)
    drafts = _drafts(text, loaded, profile, find(profile.engine.version), new)
    for draft in drafts:
        migrate_version(draft)
        migrate_image(draft)
        migrate_fields(draft)
        migrate_args(draft)
        migrate_variables(draft)
    texts = tuple(applied(draft.doc.text, draft.edits()) for draft in drafts)
    after = _verified(drafts, texts, text, file)
    before = compile_profile(profile)
    told = _told(drafts, texts, before, compile_profile(after))
    return replace(told, named=_named(text))


def mend(
    text: Text, file: str, only: Container[str], stale: Collection[Span] = ()
) -> Upgrade | None:
    """Write the cures that are safe into a profile, for its own release.

    ``only`` are the keys that something is wrong with; no other is touched. ``stale`` are the
    places of comments that allow what is found no more: they are taken out where they say nothing
    else. None where the text is
    no profile, or its release has no catalogue. Raises Failure where it would not come out as it
    was meant to.
    """
    loaded = load_profile(text, file)
    profile = loaded.profile
    if profile is None or (catalogue := find(profile.engine.version)) is None:
        return None
    drafts = _drafts(text, loaded, profile, catalogue, catalogue)
    for draft in drafts:
        migrate_fields(draft, only)
        migrate_args(draft, only)
        migrate_variables(draft, only)
    for span in stale:
        drafts[0].drop_comment(span)
    texts = tuple(applied(draft.doc.text, draft.edits()) for draft in drafts)
    _verified(drafts, texts, text, file)
    version = profile.engine.version
    made = [
        Upgrade(draft.doc.source.file, version, version, draft.doc.text, new, tuple(draft.notes))
        for draft, new in zip(drafts, texts, strict=True)
    ]
    return replace(made[0], also=tuple(made[1:]), named=_named(text))


def _named(text: Text) -> tuple[Named, ...]:
    return text.named if isinstance(text, Layered) else ()


def _drafts(
    text: Text,
    loaded: Loaded[Profile],
    profile: Profile,
    old: Catalogue | None,
    new: Catalogue,
) -> tuple[Draft, ...]:
    """Take each file of a profile in hand, its own first."""
    if not isinstance(text, Layered):
        return (Draft(Document(text, loaded.source), profile, old, new),)
    top = Document.read(text.text, loaded.source.file)
    if not text.base_file:
        return (Draft(top, profile, old, new),)
    lower = Document.read(text.base, text.base_file)
    upper_value, lower_value = (cast("dict[str, Any]", one.source.value) for one in (top, lower))
    return (
        Draft(top, profile, old, new, lambda value: laid(lower_value, value)),
        Draft(lower, profile, old, new, lambda value: laid(value, upper_value)),
    )


def _profile(loaded: Loaded[Profile], file: str) -> Profile:
    if loaded.profile is None:
        msg = f"{file} cannot be read as a profile, so nothing was done"
        raise Failure(msg, hint=f"`deployer check {file}` says what is wrong; mend that first")
    return loaded.profile


def _verified(drafts: Sequence[Draft], texts: Sequence[str], before: Text, file: str) -> Profile:
    """Read the texts again: they must say what was meant, and hold every comment that was there."""
    whole: Text = texts[0]
    if isinstance(before, Layered):
        whole = replace(before, text=texts[0], base=texts[1] if texts[1:] else "")
    loaded = load_profile(whole, file)
    for draft, text in zip(drafts, texts, strict=True):
        doc = Document.read(text, draft.doc.source.file)
        kept = list((Counter(draft.doc.comments()) - Counter(draft.dropped)).elements())
        lost = _lost(kept, doc.comments())
        if loaded.profile is None or doc.source.value != draft.value or lost:
            msg = f"{draft.doc.source.file} would not come out as meant, so nothing was done"
            raise Failure(msg, hint=f"Please report this, with the file: {_trouble(loaded, lost)}")
    return _profile(loaded, file)


def _lost(before: list[str], after: list[str]) -> list[str]:
    """Give the comments that are there no more, not even at the end of another."""
    missing = Counter(before) - Counter(after)
    fresh = list((Counter(after) - Counter(before)).elements())
    return [old for old in missing.elements() if not any(new.endswith(old) for new in fresh)]


def _trouble(loaded: Loaded[Profile], lost: list[str]) -> str:
    if lost:
        return f"the comment {lost[0]!r} would be lost."
    found = [finding.message for finding in loaded.findings]
    return found[0] if found else "a value would be another."


def _told(
    drafts: Sequence[Draft], texts: Sequence[str], before: Release, after: Release
) -> Upgrade:
    draft = drafts[0]
    version = draft.profile.engine.version
    unknown = "" if draft.old else f"SGLang {version} has no catalogue"
    told = {note.path for each in drafts for note in each.notes}
    also = tuple(
        Upgrade(each.doc.source.file, version, each.new.version, each.doc.text, text,
                tuple(each.notes))
        for each, text in zip(drafts[1:], texts[1:], strict=True)
    )  # fmt: skip
    return Upgrade(
        file=draft.doc.source.file,
        old_version=version,
        new_version=draft.new.version,
        old_text=draft.doc.text,
        text=texts[0],
        notes=(
            *draft.notes,
            *_respelt(told, before, after),
            *_deprecated(draft, told, after),
            *offers(before, after),
        ),
        defaults=changed_defaults(Sides(side(before), side(after))),
        unknown=unknown,
        also=also,
    )


def _respelt(told: Container[str], before: Release, after: Release) -> Iterator[Note]:
    """Give the keys that compile to other words, and are not spoken of yet."""
    old, new = _by_key(before), _by_key(after)
    for key, words in old.items():
        said = new.get(key, "part of another flag")
        if words != said and key not in told:
            yield Note(Kind.RESPELT, key, words, said)


def _by_key(release: Release) -> dict[str, str]:
    found: dict[str, str] = {}
    for argument in release.arguments:
        if not argument.source.startswith("engine.args."):
            words = " ".join(argument.words())
            found[argument.source] = f"{found.get(argument.source, '')} {words}".strip()
    return found


def _deprecated(draft: Draft, told: Container[str], after: Release) -> Iterator[Note]:
    for argument in after.arguments:
        option = draft.new.find(argument.flag)
        before = draft.old.find(argument.flag) if draft.old else None
        if option is None or not option.deprecated or argument.source in told:
            continue
        if before is None or not before.deprecated:
            yield Note(Kind.DEPRECATED, argument.source, argument.flag, option.replaced_by)
