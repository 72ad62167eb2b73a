"""`deployer init`: a first profile, for a model and a GPU, or for a server that runs."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deployer.cli.examples import offered
from deployer.cli.forms import FORM
from deployer.cli.say import ask_word, can_ask, show, tell
from deployer.errors import Failure, UsageError
from deployer.report.envelope import envelope

if TYPE_CHECKING:
    from deployer.adopt.propose import Proposed, Wanted
    from deployer.adopt.wishes import Wishes
    from deployer.lock.lock import Lock

LARGEST = 4_000_000
"""Bytes of a server's answer about itself that are read: it has about 20,000."""

ASK_SECONDS = 20
KEY = "API_KEY"
"""The variable of the key with which a server is asked."""


@click.command("init")
@click.option("--model", metavar="REPO", help="The Hugging Face repository (`Qwen/Qwen3-32B`).")
@click.option("--gpu", metavar="TYPE", help="The GPU type by Modal's name (`H100`).")
@click.option("--count", type=click.IntRange(1, 8), help="GPUs of one replica; else the fewest.")
@click.option("--target", type=click.Choice(["modal", "local"]), help="Where it runs.")
@click.option("--revision", default="main", metavar="REVISION", help="The model's revision.")
@click.option("--engine", metavar="RELEASE", help="The SGLang release; else the newest known.")
@click.option("--image", default="", help="The engine's image; else SGLang's own of the release.")
@click.option("--name", default="", help="The deployment's name.")
@click.option("--from-endpoint", "endpoint", metavar="URL", help="Adopt a server that runs.")
@click.option(
    "--example", "shipped", metavar="NAME", shell_complete=offered, help="Write a shipped profile."
)
@click.option("-o", "--out", "output", metavar="PROFILE", help="Write the profile there.")
@click.option("--force", is_flag=True, help="Let --out replace a file.")
@FORM
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    model: str | None,
    gpu: str | None,
    count: int | None,
    target: str | None,
    revision: str,
    engine: str | None,
    image: str,
    name: str,
    endpoint: str | None,
    shipped: str | None,
    output: str | None,
    form: str,
    *,
    force: bool,
) -> int:
    """Write a first profile: the smallest shape that fits, with the reason for each line.

    Asks for model, GPU and target where a terminal is there to answer; else give them. The hub is
    asked what the model is (HF_ENDPOINT, HF_TOKEN), and the answer is written beside the profile as
    its lock. Exits 0 where `deployer check --strict` finds nothing.

    With --from-endpoint, a running SGLang says its own arguments. Its key comes from API_KEY.
    With --example, a profile that comes with deployer is written as it is, and exit is 0.

    \b
    Examples:
      deployer init --model Qwen/Qwen3-32B --gpu H100 --target modal -o profiles/qwen.yaml
      deployer init --from-endpoint http://localhost:30000 --gpu H100 -o profiles/mine.yaml
      deployer init --example cpu-tiny -o profiles/tiny.yaml
    """  # noqa: D301 - click's mark for lines that stay as they are
    from deployer.adopt.propose import Wanted  # noqa: PLC0415
    from deployer.adopt.wishes import Wishes  # noqa: PLC0415
    from deployer.cli.import_verb import checked_gpu, checked_name, checked_release  # noqa: PLC0415
    from deployer.cli.writing import refuse_unwritable  # noqa: PLC0415
    from deployer.facts.sglang.catalogue import newest  # noqa: PLC0415

    if output is not None and Path(output).exists() and not force:
        msg = f"{output} is there already, and was left alone"
        raise UsageError(msg, hint="Give another --out, or --force to replace it")
    if output is not None:
        refuse_unwritable(output)
    if shipped is not None:
        if any((model, gpu, count, target, engine, image, name, endpoint)):
            msg = "an example is written as it is, and something else is asked for, too"
            raise UsageError(msg, hint="Give --example and --out alone, and edit the file")
        return _shipped(shipped, output, form, force=force)
    name, release = checked_name(name), checked_release(engine)
    if endpoint is not None:
        wishes = Wishes(name, checked_gpu(gpu or ""), count, target or "modal")
        return _adopted(endpoint, wishes, output, form)
    target = target or _asked("target", "Where does it run", "modal")
    if target == "local":
        return _local(name, release, output, form)
    model = model or _asked("model", "Which Hugging Face repository is served", "")
    gpu = checked_gpu(gpu or _asked("gpu", "On which GPU", "H100"))
    proposed, lock = _proposed(
        Wanted(model, revision, gpu, release or newest(), name, count, image)
    )
    _write(proposed, lock, output, form)
    return int(bool(proposed.findings))


def _asked(option: str, question: str, default: str) -> str:
    """Ask a person; without a terminal, name the option that answers."""
    if not can_ask():
        msg = f"--{option} is not given, and there is no terminal to ask on"
        hint = "Give --model, --gpu and --target, or --from-endpoint URL, or --example NAME"
        raise UsageError(msg, hint=hint)
    return ask_word(question, default)


def _proposed(wanted: Wanted) -> tuple[Proposed, Lock]:
    """Ask the hub what the model is, and propose a shape for it."""
    from deployer.adopt.propose import NoShapeError, begun, propose  # noqa: PLC0415
    from deployer.apply.hub import resolve  # noqa: PLC0415
    from deployer.apply.locking import Asked  # noqa: PLC0415
    from deployer.compile.release import compile_profile  # noqa: PLC0415
    from deployer.lock.lock import FoundLock  # noqa: PLC0415
    from deployer.profile.load import load_profile  # noqa: PLC0415

    if wanted.gpu == "none":
        msg = "a replica on Modal needs a GPU"
        raise UsageError(msg, hint="`--target local` serves the tiny model on a CPU")
    loaded = load_profile(begun(wanted, wanted.count or 1).text(), "profile")
    if loaded.profile is None:
        msg = f"`{wanted.repo}` makes no profile: {loaded.findings[0].message}"
        raise UsageError(msg)
    wanted = replace(wanted, revision=resolve(wanted.repo, wanted.revision, os.environ))
    loaded = load_profile(begun(wanted, wanted.count or 1).text(), "profile")
    if loaded.profile is None:  # the same profile with a commit
        raise AssertionError(loaded.findings)
    asked, begun_release = Asked(), compile_profile(loaded.profile)
    try:
        lock = asked.lock(begun_release)
    except Failure as error:
        tell(f"note: the image's digest is not known, so it is not locked: {error.message}")
        lock = asked.without_image(begun_release)
    try:
        return propose(wanted, FoundLock("compiled/profile.lock.json", lock)), lock
    except NoShapeError as error:
        raise Failure(
            str(error), hint="Take a GPU with more memory, or weights of fewer bits"
        ) from error


def _shipped(name: str, output: str | None, form: str, *, force: bool) -> int:
    """Write a shipped profile, and what belongs beside it."""
    from deployer.cli.compiled import write_beside  # noqa: PLC0415
    from deployer.cli.examples import example  # noqa: PLC0415

    found = example(name)
    beside = {} if output is None else found.beside_of(Path(output))
    if output is not None and Path(output) in beside:
        msg = f"`{name}` needs a file of its own that is called {Path(output).name}"
        raise UsageError(msg, hint="Give another name in --out")
    if there := [str(one) for one, text in beside.items() if not (force or _free(one, text))]:
        msg = f"{there[0]} is there already, and was left alone"
        raise UsageError(msg, hint="Give another folder in --out, or --force to replace it")
    _output(found.text, output, form, {})
    for place, text in beside.items():
        write_beside(place, text)
    if output is not None:
        tell(f"Next: `deployer check {output}`, and `deployer apply {output}`.")
    return 0


def _free(place: Path, text: str) -> bool:
    """Whether a file may be written: it is not there, or says the very same."""
    try:
        return place.read_text(encoding="utf-8") == text
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError):
        return False


def _local(name: str, release: str, output: str | None, form: str) -> int:
    """Write a profile of the tiny model, which needs neither an account nor a GPU."""
    from deployer.adopt.emit import emit  # noqa: PLC0415
    from deployer.adopt.propose import tiny  # noqa: PLC0415
    from deployer.facts.sglang.catalogue import newest  # noqa: PLC0415

    sections, reasons = tiny(name or "tiny", release or newest())
    _output(emit(sections, reasons), output, form, {})
    return 0


def _write(proposed: Proposed, lock: Lock, output: str | None, form: str) -> None:
    """Write the profile, and its lock beside it."""
    from deployer.cli.compiled import write_beside  # noqa: PLC0415
    from deployer.cli.locks import lock_file  # noqa: PLC0415
    from deployer.codec import encode  # noqa: PLC0415

    more = {"findings": [encode(one) for one in proposed.findings], "count": proposed.count}
    _output(proposed.text, output, form, more)
    if output is not None:
        if lock.image is not None:
            write_beside(lock_file(output), lock.to_json())
        tell(f"Next: `deployer plan {output}`, and `deployer apply {output}`.")
    for one in proposed.findings:
        tell(f"{one.severity}[{one.check}]: {one.message}")


def _output(text: str, output: str | None, form: str, more: dict[str, Any]) -> None:
    from deployer.cli.writing import write_file  # noqa: PLC0415

    if output is not None:
        write_file(output, text)
        tell(f"wrote {output}")
    if form == "json":
        show(envelope({"profile": text, **more}), end="")
    elif output is None:
        show(text, end="")


def _adopted(url: str, wishes: Wishes, output: str | None, form: str) -> int:
    """Adopt a running server by its own arguments."""
    from deployer.adopt.adopt import NoLaunchError, from_words  # noqa: PLC0415
    from deployer.adopt.endpoint import release_of, words_of  # noqa: PLC0415
    from deployer.check.run import load_checked  # noqa: PLC0415
    from deployer.codec import encode  # noqa: PLC0415

    info = _info(url)
    version, why = release_of(info)
    words, notes = words_of(info, version)
    if why:
        tell(f"note: {why}: taken for {version}")
    try:
        adopted = from_words(words, replace(wishes, release=version), lambda _: None)
    except NoLaunchError as error:
        msg = f"{url}: {error}"
        raise Failure(msg) from error
    said = (*notes, *adopted.notes)
    _output(adopted.profile, output, form, {"notes": [encode(note) for note in said]})
    for note in said:
        tell(f"{note.kind}: {note.text}")
    wrong = any(one.severity == "error" for one in load_checked(adopted.profile, "profile")[1])
    return int(wrong or not adopted.complete or any(note.kind == "left-out" for note in notes))


def _info(url: str) -> dict[str, Any]:
    """Ask a server for its arguments; a door of deployer's lets nobody ask."""
    import requests  # noqa: PLC0415 - only to ask

    from deployer.adopt.endpoint import PATHS  # noqa: PLC0415
    from deployer.codec import DecodeError, read_json  # noqa: PLC0415

    if not url.startswith(("http://", "https://")):
        msg = f"`{url}` is no address: it begins with http:// or https://"
        raise UsageError(msg)
    headers = {"Authorization": f"Bearer {os.environ[KEY]}"} if os.environ.get(KEY) else {}
    seen: list[str] = []
    for path in PATHS:
        try:
            with requests.get(
                url.rstrip("/") + path, headers=headers, timeout=ASK_SECONDS, stream=True,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                body = answer.raw.read(LARGEST + 1, decode_content=True)
                code, release = answer.status_code, answer.headers.get("X-Deployer-Release", "")
        except (requests.RequestException, OSError) as error:
            msg = f"{url} does not answer: {type(error).__name__}"
            raise Failure(msg, hint="Is the server up, and is this its address?") from error
        seen.append(f"{path}: {code}")
        if release and code != 200:  # noqa: PLR2004 - HTTP's OK
            msg = f"{url} is served by deployer, whose door lets nobody ask for its arguments"
            hint = "Its profile says them: `deployer history` and `deployer drift` name it"
            raise Failure(msg, hint=hint)
        if code == 200 and len(body) <= LARGEST:  # noqa: PLR2004 - as above
            try:
                found = read_json(body.decode("utf-8", "replace"))
            except (DecodeError, ValueError):
                continue
            if isinstance(found, dict):
                return found
    msg = f"{url} gives no arguments of a server ({', '.join(seen)})"
    hint = f"An SGLang server gives them at {PATHS[0]}; with a key, set {KEY} for this command"
    raise Failure(msg, hint=hint)
