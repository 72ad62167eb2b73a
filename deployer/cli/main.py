"""The command `deployer`: its verbs, and what becomes of each error."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from typing import Any

import click

from deployer.cli.say import show

VERBS = {
    "init": "Write a first profile for a model and a GPU, with the reason for each line.",
    "check": "Find what is wrong with profiles, without an account, a GPU or a network.",
    "explain": "Say what a check finds, why that hurts, and what to write instead.",
    "fit": "Show what fits into one GPU: weights, KV cache, the longest context.",
    "compile": "Turn profiles into engine flags, a command, or a release.",
    "lock": "Ask the hub and the registry what a profile's names mean, and commit the answer.",
    "diff": "Show what a change of profiles does: flags, memory, money, restarts.",
    "upgrade": "Rewrite a profile for another engine release, and say what changes.",
    "import": "Turn what you launch a server with (script, manifest, command) into a profile.",
    "eject": "Write a profile as a file that stands alone: Modal, Docker, Kubernetes, SkyPilot.",
    "resolve": "Let the engine itself fill in every value, as if on the profile's GPUs.",
    "plan": "Show what an apply would do on Modal: changes, phases, money. Touches nothing.",
    "cost": "Show what a profile costs: an hour, a cold start, a month, and once.",
    "predict": "Predict how fast a profile is, and what a million tokens cost (optional).",
    "apply": "Carry a profile out: start, wait, warm up, verify.",
    "status": "Show what is deployed, on this machine and on Modal.",
    "logs": "Show the engine's log, with secrets redacted.",
    "diagnose": "Say what an engine died of, from its log.",
    "top": "Watch one endpoint: requests, tokens, latencies, KV use, cost.",
    "timeline": "Show how long each stage of a server's start took.",
    "keys": "List, add, remove or renew the keys of a server's clients.",
    "secrets": "Show which Modal secrets a profile needs, and which of them are there.",
    "history": "Show every version of a deployment on Modal.",
    "rollback": "Make an older version on Modal the current one.",
    "drift": "Compare what runs on Modal with a profile.",
    "destroy": "Drain and end a deployment, and remove what it left.",
    "verify": "Ask an endpoint for everything that it promises.",
    "bench": "Measure how fast an endpoint is under load, and show it on a page.",
    "canary": "Ask an endpoint questions whose answers can be checked, and count the right ones.",
    "catalogue": "Add an engine release that is newer than this deployer, or list what is known.",
    "engine": "Install or remove the engine's own environment.",
    "schema": "Print the JSON Schema of a profile, for editors.",
    "completion": "Print what makes a shell complete verbs, profiles and deployments.",
}
"""Each verb lives in a module of its name, which is imported when the verb is used."""


COMPLETION = "_DEPLOYER_COMPLETE"
"""The variable in which click's completion scripts say what a shell wants."""

GARBAGE_THRESHOLD = 200_000
"""Allocations between two collections: what a command imports is no garbage (`make bench`)."""


class Verbs(click.Group):
    """A group that imports a verb's module when the verb is called, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the verbs in the order in which people use them."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module; a bare `--help` needs none."""
        del ctx
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"deployer.cli.{cmd_name}_verb")
        command = module.command
        if not isinstance(command, click.Command):
            msg = f"{module.__name__}.command is no command"
            raise TypeError(msg)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say what was probably meant, for a verb that does not exist."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from deployer.cli.meant import hint  # noqa: PLC0415 - only for a mistake

            ctx.fail(f"There is no verb `{args[0]}`. {hint(args[0], VERBS)}".rstrip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs from :data:`VERBS`, importing none."""
        del ctx
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:  # noqa: FBT001
    if wanted and not ctx.resilient_parsing:
        from deployer.distribution import version  # noqa: PLC0415 - slow, and rarely asked
        from deployer.facts.sglang.catalogue import releases  # noqa: PLC0415 - as above

        known = releases()
        show(f"deployer {version()}")
        show(f"knows SGLang {known[0]} to {known[-1]}")
        ctx.exit()


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version, and the releases of SGLang that are known.",
)
def cli() -> None:
    """From a YAML profile to a verified, OpenAI-compatible SGLang endpoint."""


def run(argv: list[str] | None = None) -> None:
    """Run the command line and exit: 0 fine, 1 not right or failed, 2 wrong usage."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    # Where it is ignored from the start, the kernel forgets how children end, and Python takes
    # every failure of theirs for success.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = main(argv)
    gc.freeze()  # or Python looks through all that was imported once more, and then ends
    sys.exit(code)


def main(argv: list[str] | None = None) -> int:
    """Run the command line and give the exit code."""
    words = sys.argv[1:] if argv is None else argv
    try:
        if asked := os.environ.get(COMPLETION):
            return _completed(asked)
        with cli.make_context("deployer", list(words)) as context:
            result: Any = cli.invoke(context)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - every way to end has its exit code
        from deployer.cli.ending import ended  # noqa: PLC0415 - only where something is amiss

        return ended(error, words)
    return result if isinstance(result, int) else 0


def _completed(asked: str) -> int:
    """Answer a shell that completes a line, or wants to know how to."""
    from click.shell_completion import shell_complete  # noqa: PLC0415 - only for a shell

    return shell_complete(cli, {}, "deployer", COMPLETION, asked)


if __name__ == "__main__":
    run()
