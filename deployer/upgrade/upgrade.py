"""Rewrite a profile for another release of the engine: text in, text and a report out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterator

from deployer.compile.release import compile_profile
from deployer.errors import Failure
from deployer.facts.sglang.catalogue import find, load
from deployer.finding import Span
from deployer.plan.defaults import changed_defaults
from deployer.plan.sides import Sides, side
from deployer.profile.load import Loaded, load_profile
from deployer.profile.model import Profile
from deployer.release import Release
from deployer.upgrade.document import Document, applied
from deployer.upgrade.draft import Draft
from deployer.upgrade.engine import migrate_image, migrate_variables, migrate_version
from deployer.upgrade.notes import Kind, Note, Upgrade
from deployer.upgrade.options import migrate_args, migrate_fields


def upgrade(text: str, file: str, version: str) -> Upgrade:
    """Rewrite a profile for release ``version``, be it newer, older or the same.

    Raises UnknownReleaseError for a release without a catalogue, and Failure for a text that is no
    profile, or that would not come out as it was meant to.
    """
    new = load(version)
    loaded = load_profile(text, file)
    profile = _profile(loaded, file)
    doc = Document(text, loaded.source)
    draft = Draft(doc, profile, find(profile.engine.version), new)
    migrate_version(draft)
    migrate_image(draft)
    migrate_fields(draft)
    migrate_args(draft)
    migrate_variables(draft)
    result = applied(text, draft.edits())
    after = _verified(draft, result, file)
    return _told(draft, result, compile_profile(profile), compile_profile(after))


def mend(
    text: str, file: str, only: Container[str], stale: Collection[Span] = ()
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
    draft = Draft(Document(text, loaded.source), profile, catalogue, catalogue)
    migrate_fields(draft, only)
    migrate_args(draft, only)
    migrate_variables(draft, only)
    for span in stale:
        draft.drop_comment(span)
    result = applied(text, draft.edits())
    _verified(draft, result, file)
    version = profile.engine.version
    return Upgrade(file, version, version, text, result, tuple(draft.notes))


def _profile(loaded: Loaded[Profile], file: str) -> Profile:
    if loaded.profile is None:
        msg = f"{file} cannot be read as a profile, so nothing was done"
        raise Failure(msg, hint=f"`deployer check {file}` says what is wrong; mend that first.")
    return loaded.profile


def _verified(draft: Draft, text: str, file: str) -> Profile:
    """Read the text again: it must say what was meant, and hold every comment that was there."""
    loaded = load_profile(text, file)
    before = list((Counter(draft.doc.comments()) - Counter(draft.dropped)).elements())
    lost = _lost(before, Document(text, loaded.source).comments())
    if loaded.profile is None or loaded.source.value != draft.value or lost:
        msg = f"{file} would not come out as meant, so nothing was done"
        raise Failure(msg, hint=f"Please report this, with the file: {_trouble(loaded, lost)}")
    return loaded.profile


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


def _told(draft: Draft, text: str, before: Release, after: Release) -> Upgrade:
    version = draft.profile.engine.version
    unknown = "" if draft.old else f"SGLang {version} has no catalogue"
    return Upgrade(
        file=draft.doc.source.file,
        old_version=version,
        new_version=draft.new.version,
        old_text=draft.doc.text,
        text=text,
        notes=(*draft.notes, *_respelt(draft, before, after), *_deprecated(draft, after)),
        defaults=changed_defaults(Sides(side(before), side(after))),
        unknown=unknown,
    )


def _respelt(draft: Draft, before: Release, after: Release) -> Iterator[Note]:
    """Give the keys that compile to other words, and are not spoken of yet."""
    told = {note.path for note in draft.notes}
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


def _deprecated(draft: Draft, after: Release) -> Iterator[Note]:
    told = {note.path for note in draft.notes}
    for argument in after.arguments:
        option = draft.new.find(argument.flag)
        before = draft.old.find(argument.flag) if draft.old else None
        if option is None or not option.deprecated or argument.source in told:
            continue
        if before is None or not before.deprecated:
            yield Note(Kind.DEPRECATED, argument.source, argument.flag, option.replaced_by)
