"""`deployer import`: an existing launch command becomes a profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from deployer.cli.notes import notes_options, wanted, without_notes
from deployer.cli.renamed import Renamed
from deployer.cli.say import show, tell
from deployer.cli.writing import write_file
from deployer.errors import UsageError
from deployer.report.envelope import envelope

if TYPE_CHECKING:
    from deployer.adopt.adopt import Adopted
    from deployer.adopt.wishes import Wishes
    from deployer.finding import Finding


@click.command("import")
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]")
@click.option("--file", "script", metavar="SCRIPT", help="A shell script with the command.")
@click.option("--config", metavar="FILE", help="A YAML file as SGLang's own --config takes it.")
@click.option("--engine", metavar="RELEASE", help="The release that the command is for.")
@click.option("--name", default="", help="The deployment's name.")
@click.option("--gpu", default="", metavar="TYPE", help="The GPU type, which no command names.")
@click.option("--count", type=click.IntRange(0, 8), help="GPUs of one replica.")
@click.option("--target", type=click.Choice(["modal", "local"]), default="modal")
@click.option(
    "-o",
    "--out",
    "output",
    cls=Renamed,
    former="--output",
    metavar="PROFILE",
    help="Write the profile there.",
)
@click.option("--force", is_flag=True, help="Let --out replace a file.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@notes_options
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    words: tuple[str, ...],
    script: str | None,
    config: str | None,
    engine: str | None,
    name: str,
    gpu: str,
    count: int | None,
    target: str,
    output: str | None,
    form: str,
    *,
    force: bool,
) -> int:
    """Turn an existing launch command, script or config file into a profile.

    Give `-- COMMAND...` (also `docker run ...`), `--file SCRIPT`, or `--config FILE`. Nothing is
    run. The profile goes to stdout; what it does not say, and what was assumed, to stderr. Exits 0
    when everything found its place, 1 when something did not.
    """
    from deployer.adopt.wishes import Wishes  # noqa: PLC0415
    from deployer.check.run import load_checked  # noqa: PLC0415

    if sum((bool(words), script is not None, config is not None)) != 1:
        msg = "give one of `-- COMMAND...`, `--file SCRIPT` and `--config FILE`"
        raise UsageError(msg)
    if output is not None and Path(output).exists() and not force:
        msg = f"{output} is there already, and was left alone"
        raise UsageError(msg, hint="Give another --out, or --force to replace it.")
    wishes = Wishes(_name(name), _gpu(gpu), count, target, _release(engine))
    adopted = _adopted(words, script, config, wishes)
    _, findings = load_checked(adopted.profile, output or "profile")
    if output is not None:
        write_file(output, adopted.profile)
        tell(f"wrote {output}")
    _tell(adopted, findings, form, to_stdout=output is None)
    wrong = any(finding.severity == "error" for finding in findings)
    return int(not adopted.complete or wrong)


def _adopted(
    words: tuple[str, ...],
    script: str | None,
    config: str | None,
    wishes: Wishes,
) -> Adopted:
    from deployer.adopt.adopt import (  # noqa: PLC0415
        NoLaunchError,
        from_config,
        from_script,
        from_words,
    )
    from deployer.errors import Failure  # noqa: PLC0415
    from deployer.parse.config import ConfigError  # noqa: PLC0415

    try:
        if config is not None:
            return from_config(_text(config, "an SGLang config file"), wishes)
        if script is not None:
            beside = Path(script).parent
            text = _text(script, "a shell script")
            return from_script(text, wishes, lambda path: _beside(beside, path))
        return from_words(words, wishes, lambda path: _beside(Path(), path))
    except NoLaunchError as error:
        msg = f"{script or 'the command'}: {error}"
        hint = (
            "A launch is `python3 -m sglang.launch_server ...`, `sglang serve ...`, or a "
            "container that runs one of them."
        )
        if script is not None:
            hint += (
                " A file is read as a shell script: out of Python, YAML, a Dockerfile or a systemd "
                "unit, copy the command itself behind `deployer import --`."
            )
        elif len(words) == 1 and Path(words[0]).is_file():
            hint = f"Of a file, write `deployer import --file {words[0]}`: it is not run. {hint}"
        raise Failure(msg, hint=hint) from error
    except ConfigError as error:
        msg = f"{config or script or 'the command'}: {error}"
        raise Failure(msg) from error


def _text(path: str, what: str) -> str:
    from deployer.cli.reading import read_text  # noqa: PLC0415

    text = read_text(path, what)
    if "\0" in text or any("\udc80" <= character <= "\udcff" for character in text):
        msg = f"{path} is no text, so it is not {what}"
        raise UsageError(msg)
    return text


def _beside(folder: Path, path: str) -> str | None:
    """Read the file that a command's --config names; None where it is not on this machine."""
    place = folder / path
    return _text(str(place), "the file that --config names") if place.is_file() else None


def _release(engine: str | None) -> str:
    from deployer.cli.reading import known_release  # noqa: PLC0415

    return known_release(engine) if engine else ""


def _name(name: str) -> str:
    import re  # noqa: PLC0415

    if name and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,47}", name):
        msg = f"`{name}` is no name: lower-case letters, digits and dashes, at most 48"
        raise UsageError(msg)
    return name


def _gpu(gpu: str) -> str:
    from deployer.profile.sections.hardware import Hardware  # noqa: PLC0415

    known = get_args(Hardware.model_fields["gpu"].annotation)
    if gpu and gpu not in known:
        msg = f"`{gpu}` is no GPU type"
        raise UsageError(msg, hint=f"There are {', '.join(known)}.")
    return gpu


def _tell(adopted: Adopted, findings: tuple[Finding, ...], form: str, *, to_stdout: bool) -> None:
    from deployer.cli.reading import colored_stderr  # noqa: PLC0415
    from deployer.codec import encode  # noqa: PLC0415
    from deployer.report.findings import text  # noqa: PLC0415

    if form == "json":
        document = {
            "profile": adopted.profile,
            "engine": adopted.release,
            "engine_because": adopted.release_because,
            "complete": adopted.complete,
            "notes": [encode(note) for note in adopted.notes],
            "findings": [encode(finding) for finding in findings],
        }
        show(envelope(document), end="")
        return
    if to_stdout:
        show(adopted.profile, end="")
    tell(f"For SGLang {adopted.release}: {adopted.release_because}.")
    for note in adopted.notes:
        where = f"line {note.line}: " if note.line else ""
        tell(f"{note.kind}: {where}{note.text}")
    said = findings if wanted() == "full" else without_notes(findings)
    if said:
        tell(text(said, color=colored_stderr()), end="")
