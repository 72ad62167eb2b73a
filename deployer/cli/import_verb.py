"""`deployer import`: an existing launch command becomes a profile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from deployer.cli.forms import FORM
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
@click.argument("words", nargs=-1, metavar="[FILE | -- COMMAND...]")
@click.option("--file", "script", metavar="FILE", help="The same as FILE alone.")
@click.option(
    "--config", metavar="FILE", help="A YAML file for SGLang's own --config, which a launch names."
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable that the file takes from where it runs, or a key of the profile (`a.b=c`).",
)
@click.option(
    "--launch", "take", type=click.IntRange(1), default=1, help="Which launch of several."
)
@click.option("--engine", metavar="RELEASE", help="The release that the command is for.")
@click.option("--name", default="", help="The deployment's name.")
@click.option("--gpu", default="", metavar="TYPE", help="The GPU type, which no command names.")
@click.option("--count", type=click.IntRange(0, 8), help="GPUs of one replica.")
@click.option(
    "--target", type=click.Choice(["modal", "local"]), default="modal", help="Where it is to run."
)
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
@FORM
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
    settings: tuple[str, ...],
    take: int,
    *,
    force: bool,
) -> int:
    """Turn what you launch a server with into a profile.

    FILE is a Modal script, a shell or Slurm script, a compose file, a Dockerfile, a Kubernetes
    manifest, a SkyPilot, dstack or Truss file, or a config file of SGLang; or give `-- COMMAND...`.
    A launch of vLLM is translated. Nothing is run.

    The profile goes to stdout, with a TODO for each thing that only you can decide; what it does
    not say, and what was assumed, to stderr. Exits 0 when everything found its place, 1 when
    something did not.

    \b
    Examples:
      deployer import deploy.py -o profiles/mine.yaml
      deployer import serve.sh --set TP=8 --gpu H200
      deployer import --gpu H100 -- vllm serve Qwen/Qwen3-8B --max-model-len 8192
    """  # noqa: D301 - click's mark for lines that stay as they are
    from deployer.adopt.wishes import Wishes  # noqa: PLC0415
    from deployer.check.run import load_checked  # noqa: PLC0415

    if script is None and len(words) == 1 and (Path(words[0]).is_file() or " " not in words[0]):
        script, words = words[0], ()
    if bool(words) == (script is not None) and (words or config is None):
        msg = "give one of FILE, `-- COMMAND...` and `--config FILE`"
        raise UsageError(msg)
    if output is not None and Path(output).exists() and not force:
        msg = f"{output} is there already, and was left alone"
        raise UsageError(msg, hint="Give another --out, or --force to replace it")
    answers, variables = _settings(settings)
    wishes = Wishes(
        checked_name(name),
        checked_gpu(gpu),
        count,
        target,
        checked_release(engine),
        answers,
        variables,
        take,
    )
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
        OtherFileError,
        from_config,
        from_words,
    )
    from deployer.adopt.file import from_file  # noqa: PLC0415
    from deployer.errors import Failure  # noqa: PLC0415
    from deployer.parse.config import ConfigError  # noqa: PLC0415

    given = None if config is None else _given(config, "an SGLang config file")
    try:
        if script is not None:
            beside = Path(script).parent
            text = _given(script, "a file that starts a server")
            return from_file(script, text, wishes, lambda path: _beside(beside, path, given))
        if words:
            return from_words(words, wishes, lambda path: _beside(Path(), path, given))
        return from_config(given or "", wishes)
    except NoLaunchError as error:
        msg = f"{script or 'the command'}: {error}"
        if isinstance(error, OtherFileError):
            raise Failure(msg) from error
        hint = (
            "A launch is `python3 -m sglang.launch_server ...`, `sglang serve ...`, "
            "`vllm serve ...`, or a container that runs one of them"
        )
        if script is not None:
            hint += (
                ". Where the file builds it, copy the command itself behind `deployer import --`"
            )
        raise Failure(msg, hint=hint) from error
    except ConfigError as error:
        msg = f"{config or script or 'the command'}: {error}"
        raise Failure(msg) from error


def _settings(
    settings: tuple[str, ...],
) -> tuple[tuple[tuple[str, Any], ...], tuple[tuple[str, str], ...]]:
    """Sort `--set`: keys of the profile have a point, variables have none."""
    from deployer.profile.yaml_scalars import resolve  # noqa: PLC0415

    answers: list[tuple[str, Any]] = []
    variables: list[tuple[str, str]] = []
    for one in settings:
        name, sign, value = one.partition("=")
        if not sign or not name:
            msg = f"--set takes NAME=VALUE, and `{name}` has no value"
            raise UsageError(msg)
        if "." in name:
            answers.append((name, resolve(value)))
        else:
            variables.append((name, value))
    return tuple(answers), tuple(variables)


def _given(path: str, what: str) -> str:
    """Read a file that was asked for; raises UsageError where there is nothing in it to look at."""
    text = _text(path, what)
    lines = (line.strip() for line in text.splitlines())
    if all(line.startswith("#") or line in {"---", "..."} for line in lines if line):
        empty = "holds nothing but comments" if text.strip() else "is empty"
        msg = f"{path} {empty}, so there is nothing to import"
        raise UsageError(msg)
    return text


def _text(path: str, what: str) -> str:
    from deployer.cli.reading import read_text  # noqa: PLC0415

    text = read_text(path, what)
    if "\0" in text or any("\udc80" <= character <= "\udcff" for character in text):
        msg = f"{path} is no text, so it is not {what}"
        raise UsageError(msg)
    return text


def _beside(folder: Path, path: str, config: str | None) -> str | None:
    """Read a file that another names: one beside it or below, or the config file that was given.

    A whole path is one of where the file runs, so only its name is looked for here. In a working
    tree of git, a file of the same tree may be named, too.
    """
    top = folder.resolve()
    top = next((one for one in (top, *top.parents) if (one / ".git").exists()), top)
    for place in (folder / path.lstrip("/"), folder / Path(path).name):
        # pathlib raises for a word that no file can be called by; it may be half a script.
        if os.path.isfile(place) and place.resolve().is_relative_to(top):  # noqa: PTH113 - as said
            return _text(str(place), f"the file {path} that is named")
    return config if path.endswith((".yaml", ".yml", ".json")) else None


def checked_release(engine: str | None) -> str:
    """Give a release that is asked for, where it is known."""
    from deployer.cli.reading import known_release  # noqa: PLC0415

    return known_release(engine) if engine else ""


def checked_name(name: str) -> str:
    """Give a deployment's name that is asked for, where it is one."""
    import re  # noqa: PLC0415

    if name and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,47}", name):
        msg = f"`{name}` is no name: lower-case letters, digits and dashes, at most 48"
        raise UsageError(msg)
    return name


def checked_gpu(gpu: str) -> str:
    """Give a GPU type that is asked for, where there is one."""
    from deployer.profile.sections.hardware import Hardware  # noqa: PLC0415

    known = get_args(Hardware.model_fields["gpu"].annotation)
    if gpu and gpu not in known:
        msg = f"`{gpu}` is no GPU type"
        types = ", ".join(f"`{one}`" for one in known if one != "none")
        raise UsageError(msg, hint=f"The types are {types}, and `none` where there is no GPU")
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
        key = f"{note.path}: " if note.path else ""
        tell(f"{note.kind}: {where}{key}{note.text}")
    said = findings if wanted() == "full" else without_notes(findings)
    if said:
        tell(text(said, color=colored_stderr()), end="")
