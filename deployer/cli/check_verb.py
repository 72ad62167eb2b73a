"""`deployer check`: what is wrong with profiles, or with a launch command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.cli.completing import profiles, releases
from deployer.cli.layers import environment_option
from deployer.cli.notes import counted, notes_options, wanted, without_notes
from deployer.cli.renamed import Renamed
from deployer.cli.say import show, tell
from deployer.errors import UsageError
from deployer.facts.gpus import GPUS
from deployer.finding import Severity
from deployer.late import compile_pattern
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.cli.reading import Checked
    from deployer.facts.sglang.catalogue import Catalogue
    from deployer.finding import Finding
    from deployer.parse.launch import Launch

FORMATS = ["text", "json", "github", "sarif"]
PROGRAM = compile_pattern(r"(.*/)?(python[0-9.]*|sglang|env|launch_server\.py)|[A-Za-z_]\w*=.*")


@click.command("check")
@click.argument("profiles", nargs=-1, metavar="[PROFILE...|-- COMMAND...]", shell_complete=profiles)
@click.option(
    "--engine",
    metavar="RELEASE",
    shell_complete=releases,
    help="What this release of SGLang makes of a launch command, or of the profiles' commands.",
)
@click.option(
    "--model-config",
    "config",
    cls=Renamed,
    former="--config",
    metavar="FILE",
    help="The config.json of a launch command's model, whose shapes then count; with --gpu.",
)
@click.option("--gpu", type=click.Choice(sorted(GPUS)), help="The GPU of a launch command.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    help="`github` for the lines of a workflow, `sarif` for code scanning.",
)
@click.option("--select", multiple=True, metavar="ID,...", help="Only these checks; `startup-*`.")
@click.option("--ignore", multiple=True, metavar="ID,...", help="Not these checks.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@click.option("--fix", is_flag=True, help="Write the safe cures.")
@click.option("--dry-run", is_flag=True, help="With --fix: show the change, and write nothing.")
@notes_options
@environment_option
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    profiles: tuple[str, ...],
    engine: str | None,
    config: str | None,
    gpu: str | None,
    form: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    *,
    strict: bool,
    fix: bool,
    dry_run: bool,
) -> int:
    """Find what is wrong with profiles, without an account, a GPU or a network.

    PROFILE is a file, a folder, a pattern (`'deploy/**'`), or `-` for standard input; without one,
    every profile of the repository is checked. Each is held against the others of its repository,
    too, for what both would take: an app, a name, a port. What comes in on standard input is not.

    With `--engine 0.5.23 -- python3 -m sglang.launch_server ...` the same for a launch command:
    exits 0 when that release would accept it, 1 when it would not. The words before the flags are
    optional. With `--engine 0.5.23 PROFILE` that release reads the command that the profile
    compiles to for its own. With `--model-config FILE --gpu GPU` a launch command is judged with
    its model's shapes on that GPU, too: whether it fits, divides, and meets known bugs.

    `--fix` prints a launch command as the release would have it: flags and values that have
    another name now, abbreviations, flags of other engines that mean the same. What somebody must
    decide stays, and is told on stderr. In profiles it writes that into the file, moves entries of
    `engine.args` to the fields that say the same, turns what the engine ignores into comments, and
    takes comments out that allow what is found no more; it shows the change, and what is still
    found. No other comment is lost, what is allowed or not selected stays, and with `--dry-run`
    nothing is written.

    `deployer explain ID` says why a check is there. A comment `# deployer: allow[ID] reason` at a
    line, or above it, allows what is found there.

    Exits 0 when all are fine, 1 when one is not, 2 when there is nothing to check.
    """
    kept = _kept(select, ignore) if select or ignore else None
    if dry_run and not fix:
        msg = "`--dry-run` says something only with `--fix`"
        raise UsageError(msg, hint="Without `--fix` nothing is ever written")
    if profiles and _is_command(profiles, engine):
        of = _subject(config, gpu)
        return _check_command(profiles, engine, form, kept, of=of, strict=strict, fix=fix)
    if config is not None or gpu is not None:
        msg = "--model-config and --gpu are for a launch command"
        raise UsageError(msg, hint="A profile says its GPU, and its lock knows its model")
    if fix:
        from deployer.cli.check_fix import refuse  # noqa: PLC0415

        refuse(profiles, engine, form)
    from deployer.cli.checking import checked  # noqa: PLC0415
    from deployer.cli.reading import known_release  # noqa: PLC0415

    if engine is not None and not profiles:
        msg = "--engine was given, and neither a command nor a profile"
        hint = "Write `--engine RELEASE PROFILE...`, or `-- COMMAND...` (is its variable empty?)"
        raise UsageError(msg, hint=hint)
    other = known_release(engine) if engine is not None else ""
    found = checked(profiles, other, kept)
    if fix:
        return _fix_profiles(found, form, kept, strict=strict, dry_run=dry_run)
    findings = [finding for one in found for finding in one.findings]
    _tell(findings, [_fine(one, kept) for one in found], form, [one.path for one in found])
    if no_profiles := [one.path for one in found if one.case is None and not one.unread]:
        from deployer.cli.other_kind import tell_others  # noqa: PLC0415 - only for what is not right

        tell_others(no_profiles)
    if other and any(not finding.allowed for finding in findings):
        hint = f"`deployer upgrade PROFILE --engine {other}` rewrites a profile for that release"
        tell(hint)
    return _code(found, strict=strict)


def _code(found: Sequence[Checked], *, strict: bool) -> int:
    if all(one.unread for one in found):
        return 2  # nothing was looked at
    return int(any(one.wrong(strict=strict) for one in found))


def _fix_profiles(
    before: Sequence[Checked],
    form: str,
    kept: frozenset[str] | None,
    *,
    strict: bool,
    dry_run: bool,
) -> int:
    """Mend what was found; the result is each file's change, and what is found in it then."""
    from deployer.cli.check_fix import fixed  # noqa: PLC0415
    from deployer.report.envelope import envelope  # noqa: PLC0415
    from deployer.report.findings import document  # noqa: PLC0415
    from deployer.report.upgrade import diff  # noqa: PLC0415

    done = fixed(before, kept, write=not dry_run)
    found = [one.after for one in done]
    findings = _said([finding for one in found for finding in one.findings], form)
    if form == "json":
        files = [one.told() for one in done if one.change is not None]
        checked = [one.path for one in found]
        show(envelope({"fixed": files, **document(findings, checked)}), end="")
    else:
        show("".join(diff(one.change) for one in done if one.change is not None), end="")
        _tell(findings, [_fine(one, kept) for one in found], form)
    return _code(found, strict=strict)


def _kept(select: Sequence[str], ignore: Sequence[str]) -> frozenset[str] | None:
    """Give the ids of the checks that were asked for; raises UsageError for one that is none."""
    from deployer.check.choice import UnknownCheckError, chosen  # noqa: PLC0415
    from deployer.check.pages import choosable, known  # noqa: PLC0415

    _refuse_nothing("--select", select)
    try:
        kept = chosen(select, ignore, choosable())
    except UnknownCheckError as error:
        if error.wrong in known():
            msg = f"`{error.wrong}` can be neither chosen nor ignored"
            hint = "A profile that cannot be read cannot be checked"
            raise UsageError(msg, hint=hint) from error
        msg = f"there is no check `{error.wrong}`"
        near = f"Did you mean {' or '.join(error.near)}?" if error.near else ""
        raise UsageError(msg, hint=near or "`deployer explain` lists them") from error
    if kept is not None and not kept:
        msg = "no check is left of those that --select and --ignore name, so nothing was checked"
        raise UsageError(msg, hint="Leave some of --ignore out")
    return kept


def _refuse_nothing(option: str, texts: Sequence[str]) -> None:
    """Raise UsageError where an option names nothing: none is not all."""
    if texts and not any(text.replace(",", " ").strip() for text in texts):
        msg = f"{option} names no check"
        raise UsageError(msg, hint="Leave it out for every check (is its variable empty?)")


UNSEEN = "memory-not-looked-at"
"""The note without which "fine" would say more than was looked at."""


def _fine(one: Checked, kept: frozenset[str] | None) -> str:
    """Say that nothing is wrong with a profile; the empty text where something is said of it.

    Where only some checks were asked for, it says how many: the others may find something.
    """
    said = one.findings if wanted() == "full" else without_notes(one.findings)
    allowed = sum(bool(finding.allowed) for finding in one.findings)
    notes, path = counted(one.findings), visible(one.path)
    if any(not finding.allowed for finding in said):
        return f"{path}: {notes}" if notes else ""
    some = "" if kept is None else f"by {_share(kept)}"
    parts = (some, f"{allowed} allowed" if allowed else "", notes)
    also = "; ".join(part for part in parts if part)
    unseen = any(each.check == UNSEEN and not each.allowed for each in one.findings)
    fine = "fine, but whether it fits was not looked at" if unseen else "fine"
    return f"{path}: {fine} ({also})" if also else f"{path}: {fine}"


def _share(kept: frozenset[str]) -> str:
    """Say how many of the checks were asked for."""
    from deployer.check.pages import choosable  # noqa: PLC0415 - only where some were chosen

    return f"{len(kept)} of {len(frozenset(choosable()))} checks"


def _is_command(words: Sequence[str], engine: str | None) -> bool:
    """Whether the words are a launch command: what is there is looked at as files."""
    if all(map(_is_file, words)):
        return False
    first = words[0]
    return engine is not None or first.startswith("-") or PROGRAM.fullmatch(first) is not None


def _is_file(word: str) -> bool:
    from deployer.cli.patterns import ENDINGS, is_pattern  # noqa: PLC0415

    named = word == "-" or word.endswith(ENDINGS) or Path(word).is_dir()
    return named or (is_pattern(word) and not word.startswith("-"))


def _check_command(  # noqa: PLR0913 - what the options say
    words: tuple[str, ...],
    engine: str | None,
    form: str,
    kept: frozenset[str] | None,
    *,
    of: tuple[str, str] | None,
    strict: bool,
    fix: bool,
) -> int:
    from deployer.check.command import check_command  # noqa: PLC0415
    from deployer.cli.reading import known_release, stops  # noqa: PLC0415
    from deployer.facts.sglang.catalogue import load, newest  # noqa: PLC0415

    if engine is None:
        engine = newest()
        tell(f"Checked for SGLang {engine}; --engine names another release.")
    engine = known_release(engine)
    launch = _launch(words)
    if fix:
        return _fix_command(load(engine), launch, form, kept, of=of, strict=strict)
    found = check_command(load(engine), launch, _config)
    if of is not None:
        found += _with_model(engine, launch, *of)
    findings = [finding for finding in found if kept is None or finding.check in kept]
    wrong = any(stops(finding, strict=strict) for finding in findings)
    _tell(findings, [] if wrong else [_accepted(engine, found, kept)], form)
    return int(wrong)


def _accepted(engine: str, found: Sequence[Finding], kept: frozenset[str] | None) -> str:
    """Say that a release takes a command, or only that nothing is found that was asked for."""
    from deployer.cli.reading import stops  # noqa: PLC0415

    if kept is None or not any(stops(finding) for finding in found):
        return f"SGLang {engine} accepts it"
    return (
        f"nothing is found by {_share(kept)}; whether SGLang {engine} accepts it is another matter"
    )


def _subject(config: str | None, gpu: str | None) -> tuple[str, str] | None:
    """Give the model's file and the GPU, which only say something together."""
    if config is None and gpu is None:
        return None
    if config is None or gpu is None:
        msg = "--model-config and --gpu say something only together"
        raise UsageError(msg, hint="Give the model's config.json and the GPU that it is to run on")
    return config, gpu


def _with_model(engine: str, launch: Launch, config: str, gpu: str) -> tuple[Finding, ...]:
    """Judge a command with its model's shapes; what its parser refuses is told as well."""
    from deployer.cli.check_command import MODEL, judge_command  # noqa: PLC0415
    from deployer.cli.configs import read_checkpoint  # noqa: PLC0415
    from deployer.facts.sglang.catalogue import load  # noqa: PLC0415
    from deployer.parse.read import parse  # noqa: PLC0415

    catalogue = load(engine)
    said = {each.option.dest: each.words for each in parse(catalogue, launch.words).given}
    checkpoint = read_checkpoint(config, " ".join(said.get(MODEL, ())))
    return judge_command(catalogue, launch, checkpoint, gpu, _config)


def _fix_command(
    catalogue: Catalogue,
    launch: Launch,
    form: str,
    kept: frozenset[str] | None,
    *,
    of: tuple[str, str] | None,
    strict: bool,
) -> int:
    """Print the mended command, and say what is still not right with it."""
    from dataclasses import replace  # noqa: PLC0415

    from deployer import codec  # noqa: PLC0415
    from deployer.check.command import check_command  # noqa: PLC0415
    from deployer.check.command import show as shown  # noqa: PLC0415
    from deployer.cli.reading import stops  # noqa: PLC0415
    from deployer.parse.mend import mended  # noqa: PLC0415
    from deployer.report.envelope import envelope  # noqa: PLC0415
    from deployer.secret import HIDDEN  # noqa: PLC0415

    if form not in {"text", "json"}:
        msg = f"`--fix` prints a command, which `--format {form}` has no place for"
        raise UsageError(msg, hint="Write `--format text` or `--format json`")
    better = replace(launch, words=mended(catalogue, launch.words))
    line, changed = shown(catalogue, better).line, better.words != tuple(launch.words)
    found = check_command(catalogue, better, _config)
    if of is not None:
        found += _with_model(catalogue.version, better, *of)
    left = [finding for finding in found if kept is None or finding.check in kept]
    if form == "json":
        value = {
            "command": line,
            "changed": changed,
            "findings": [codec.encode(finding) for finding in left],
        }
        show(envelope(value), end="")
    else:
        show(line)
        for one in left:
            hint = one.hint.replace("\n", "; ")
            tell(f"{one.severity}[{one.check}]: {one.message}{f' ({hint})' if hint else ''}")
        if not left and not changed:
            tell("Nothing is wrong with it.")
        if HIDDEN in line:
            tell(f"Secrets are not repeated: put them in where {HIDDEN} stands.")
    return int(any(stops(finding, strict=strict) for finding in left))


def _launch(words: tuple[str, ...]) -> Launch:
    from deployer.parse.launch import launch  # noqa: PLC0415

    found = launch(words)
    if found is None:
        msg = "no SGLang server is started by this command"
        hint = "Write `-- python3 -m sglang.launch_server ...`, or the flags alone"
        raise UsageError(msg, hint=hint)
    return found


def _config(path: str) -> str:
    from deployer.cli.reading import read_text  # noqa: PLC0415
    from deployer.parse.config import ConfigError  # noqa: PLC0415

    try:
        return read_text(path, "a config file of the engine")
    except UsageError as error:
        raise ConfigError(error.message) from error


def _tell(
    findings: Sequence[Finding], fine: Sequence[str], form: str, checked: Sequence[str] = ()
) -> None:
    from deployer.cli.reading import colored_stdout  # noqa: PLC0415
    from deployer.report.findings import text, to_json  # noqa: PLC0415

    findings = _said(findings, form)
    if form == "json":
        show(to_json(findings, checked), end="")
        return
    if form == "github":
        from deployer.report.github import workflow_commands  # noqa: PLC0415

        show(workflow_commands(findings), end="")
        return
    if form == "sarif":
        from deployer.report.sarif import sarif  # noqa: PLC0415 - reads the page of each finding

        show(sarif(findings), end="")
        return
    show(text(findings, color=colored_stdout()), end="")
    for line in fine:
        if line:
            show(line)


def _said(findings: Sequence[Finding], form: str) -> Sequence[Finding]:
    if wanted() == "none" or (form == "text" and wanted() != "full"):
        return [one for one in findings if one.allowed or one.severity is not Severity.NOTE]
    return findings
