"""`deployer lock`: what a profile's names mean, asked once and committed beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deployer.cli.compiled import profile_of, write_beside
from deployer.cli.completing import profiles
from deployer.cli.forms import FORM
from deployer.cli.layers import environment_option
from deployer.cli.locks import lock_file, read_lock
from deployer.cli.say import OutputFailure, show, show_as, tell
from deployer.errors import DeployerError, Failure, UsageError
from deployer.report.envelope import envelope
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.apply.locking import Asked
    from deployer.release import Release
    from deployer.report.lock import State, Told


@click.command("lock")
@click.argument("profiles", nargs=-1, metavar="[PROFILE...]", shell_complete=profiles)
@click.option("--check", "fresh", is_flag=True, help="Write nothing; exit 1 if a lock is stale.")
@click.option("--online", is_flag=True, help="With --check: ask the hub and the registry, too.")
@FORM
@environment_option
def command(profiles: tuple[str, ...], form: str, *, fresh: bool, online: bool) -> int:
    """Ask what a profile's names mean, and write it to compiled/NAME.lock.json beside it.

    The commit behind each revision, every file with its size and hash, the model's own
    configuration, and the digest of the image. Committed, it lets `check`, `fit`, `diff` and `plan`
    know the model without a network, and `apply` takes exactly these weights and this image. The
    hub is HF_ENDPOINT, its token HF_TOKEN or the one that `hf auth login` saved.

    PROFILE is a file, a folder or a pattern; without one, every profile of the repository is
    locked. With --check nobody is asked: each lock is compared with its profile, and exit 1 says
    that one is missing or stale; with --online also with what the hub and the registry say now.
    """
    from deployer.apply.locking import Asked  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.discover import find  # noqa: PLC0415 - as above

    if online and not fresh:
        msg = "--online is about --check: without it the hub is always asked"
        raise UsageError(msg, hint="Write `deployer lock --check --online`")
    found = find([profile_of(path) for path in profiles])
    if found.how:
        tell(f"Found {found.how}: {', '.join(map(visible, found.files))}")
    for reason in found.passed:
        tell(f"note: not taken for a profile: {reason}")
    asked = Asked() if online or not fresh else None
    told = [_told(path, asked, write=not fresh) for path in found.files]
    if all(one.state == "nothing" for one in told):
        msg = "there is nothing to lock: no profile names a repository or an image"
        raise UsageError(msg, hint="The tiny model of `source: builtin` comes with deployer")
    _show(told, form)
    return max(one.code for one in told)


def _told(path: str, asked: Asked | None, *, write: bool) -> Told:
    """Lock or compare one profile; what is wrong with it stops none of the others."""
    from deployer.cli.ending import tell_error  # noqa: PLC0415 - only for an error
    from deployer.report.lock import Told  # noqa: PLC0415 - only what the verb needs

    try:
        release = _release(path)
        return _locked(path, release, asked) if write and asked else _compared(path, release, asked)
    except OutputFailure:
        raise
    except DeployerError as error:
        tell_error(error)
        return Told(path, str(lock_file(path)), "failed", reasons=(error.message,), hint=error.hint,
                    code=error.exit_code)  # fmt: skip


def _release(path: str) -> Release:
    """Compile a profile that can be read: its checks may have wanted the lock."""
    from deployer.cli.layers import read_profile  # noqa: PLC0415 - only when used
    from deployer.cli.reading import colored_stderr  # noqa: PLC0415 - as above
    from deployer.compile.release import compile_profile  # noqa: PLC0415 - as above
    from deployer.profile.load import load_profile  # noqa: PLC0415 - as above
    from deployer.report.findings import text  # noqa: PLC0415 - as above

    loaded = load_profile(read_profile(path), path)
    if loaded.profile is None:
        tell(text(loaded.findings, color=colored_stderr()), end="")
        msg = f"{path} is not right, so nothing was asked"
        raise Failure(msg, hint="Mend what is said above")
    return compile_profile(loaded.profile)


def _locked(path: str, release: Release, asked: Asked) -> Told:
    """Ask, and write where the answer is another one."""
    from deployer.lock.moved import moved  # noqa: PLC0415 - only to write
    from deployer.lock.wanted import names_nothing  # noqa: PLC0415 - as above
    from deployer.report.lock import Told  # noqa: PLC0415 - as above

    target = lock_file(path)
    if names_nothing(release):
        return Told(path, str(target), "nothing")
    before = read_lock(path)
    if before.why_not:
        tell(f"warning: {before.why_not}; it is replaced")
    lock = asked.lock(release)
    if before.lock == lock:
        return Told(path, str(target), "unchanged", lock, asked=asked.names)
    write_beside(target, lock.to_json())
    _write_flags(path)
    differs = moved(before.lock, lock) if before.lock else ()
    return Told(path, str(target), "written", lock, moved=differs, asked=asked.names)


def _write_flags(path: str) -> None:
    """Write the committed flags again, where there are some: they are of profile and lock."""
    from deployer.cli.compile_verb import flags_file, write_flags  # noqa: PLC0415 - only to write
    from deployer.cli.reading import read_checked  # noqa: PLC0415 - as above

    if not (target := flags_file(path)).exists():
        return
    checked = read_checked(path)
    if checked.case is not None and not checked.wrong():
        write_flags(path, checked.case.release)
        return
    shown = visible(path)
    tell(f"{visible(str(target))} may be another now: `deployer compile --write {shown}`")


def _compared(path: str, release: Release, asked: Asked | None) -> Told:
    """Compare a lock with its profile, and with what is so now where somebody may be asked."""
    from deployer.lock.fits import why_stale  # noqa: PLC0415 - only to compare
    from deployer.lock.moved import moved  # noqa: PLC0415 - as above
    from deployer.lock.wanted import names_nothing  # noqa: PLC0415 - as above
    from deployer.report.lock import Told  # noqa: PLC0415 - as above

    found = read_lock(path)
    if names_nothing(release) and found.lock is None and not found.why_not:
        return Told(path, found.file, "nothing")
    if found.lock is None:
        why = (found.why_not,) if found.why_not else ()
        return Told(path, found.file, "missing", reasons=why, code=1)
    reasons = tuple(one.text for one in why_stale(found.lock, release))
    differs: tuple[str, ...] = ()
    if asked is not None and not reasons:
        differs = moved(found.lock, asked.lock(release))
    names = asked.names if asked else ()
    wrong = bool(reasons or differs)
    state: State = "stale" if wrong else "fresh"
    return Told(path, found.file, state, found.lock, reasons, differs, names, code=int(wrong))


def _show(told: list[Told], form: str) -> None:
    from deployer.report.lock import text, value  # noqa: PLC0415 - only what the verb needs

    if form == "json":
        show(envelope({"locks": [value(one) for one in told]}), end="")
        return
    show_as(form, text(told))
    if stale := [one.profile for one in told if one.state in {"stale", "missing"}]:
        tell(f"`deployer lock {' '.join(map(visible, stale))}` writes what is missing or stale")
