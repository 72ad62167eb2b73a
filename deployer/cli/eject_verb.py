"""`deployer eject`: a profile as a file that stands alone, for other tools and other machines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.cli.completing import profiles
from deployer.cli.notes import notes_options
from deployer.cli.say import show, tell
from deployer.cli.writing import write_file
from deployer.eject.left import FORMS, KUBERNETES, SKYPILOT
from deployer.errors import Failure, UsageError
from deployer.report.envelope import envelope
from deployer.visible import visible

if TYPE_CHECKING:
    from deployer.compile.case import Case
    from deployer.finding import Finding

NODES = "engine.args.nnodes"
SEVERAL_MACHINES = frozenset({"nodes-beyond-container", "never-ready"})
"""What `check` says of `engine.args.nnodes`, because deployer starts one container a replica; the
files of some tools start several machines."""


@click.command("eject")
@click.argument("path", metavar="PROFILE", shell_complete=profiles)
@click.option(
    "--to", "form", type=click.Choice(FORMS), required=True, help="The tool to write for."
)
@click.option("-o", "--out", metavar="FILE", help="Write the file there.")
@click.option("--force", is_flag=True, help="Let --out replace a file.")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json"]),
    default="text",
    help="The file itself, or one JSON object with it.",
)
@notes_options
def command(path: str, form: str, out: str | None, shape: str, *, force: bool) -> int:
    """Write a profile as a file that stands alone, without deployer.

    A Modal script, a shell script for Docker, a compose file, a Kubernetes manifest (a
    LeaderWorkerSet where `engine.args.nnodes` says that a replica needs several machines), or a
    SkyPilot task. Secrets are named in it, and never written.

    The file goes to stdout, and what it does not say or do to stderr: that stands in its comments,
    too. `deployer import FILE` reads it back.

    \b
    Examples:
      deployer eject profiles/glm.yaml --to modal -o deploy.py
      deployer eject profiles/glm.yaml --to kubernetes | kubectl apply -f -
    """  # noqa: D301 - click's mark for lines that stay as they are
    from deployer.eject.eject import eject  # noqa: PLC0415 - only when used

    if out is not None and Path(out).exists() and not force:
        msg = f"{out} is there already, and was left alone"
        raise UsageError(msg, hint="Give another --out, or --force to replace it")
    ejected = eject(_case(path, form).release, form)
    if out is not None:
        write_file(out, ejected.text)
        tell(f"wrote {visible(out)}")
    if shape == "json":
        left = [{"what": one.what, "so": one.so} for one in ejected.left]
        show(envelope({"to": form, "text": ejected.text, "left": left}), end="")
        return 0
    if out is None:
        show(ejected.text, end="")
    tell("What the file does not say or do:")
    for one in ejected.left:
        tell(f"  {visible(one.what)}: {visible(one.so)}")
    return 0


def _case(path: str, form: str) -> Case:
    """Read and check the profile, by the rules that hold where its file will run."""
    from deployer.cli.reading import colored_stderr, counts, read_checked, stops  # noqa: PLC0415
    from deployer.report.findings import text  # noqa: PLC0415

    checked = read_checked(path)
    several = form in {KUBERNETES, SKYPILOT}
    findings = [one for one in checked.findings if counts(one) and not (several and _of_nodes(one))]
    if findings:
        tell(text(findings, color=colored_stderr()), end="")
    if checked.case is None or any(map(stops, findings)):
        msg = f"{path} is not right, so nothing was written"
        raise Failure(msg, hint="Mend what is said above; `deployer check` says it again")
    return checked.case


def _of_nodes(finding: Finding) -> bool:
    return finding.check in SEVERAL_MACHINES and finding.path == NODES
