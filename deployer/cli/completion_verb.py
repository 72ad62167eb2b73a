"""`deployer completion`: what makes a shell complete verbs, profiles and names."""

from __future__ import annotations

import click

from deployer.cli.say import show

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that makes a SHELL complete verbs, options, profiles and deployments.

    \b
    bash, in ~/.bashrc:       eval "$(deployer completion bash)"
    zsh, in ~/.zshrc:         eval "$(deployer completion zsh)"
    fish, once:               deployer completion fish > ~/.config/fish/completions/deployer.fish

    bash needs 4.4 or later; zsh needs `compinit` before that line.
    """  # noqa: D301 - click's mark for lines that stay as they are
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only here

    from deployer.cli.main import COMPLETION, cli  # noqa: PLC0415 - imports this module

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - click knows the three of them
    # What click does for the script itself: it asks for bash's version, which the user has.
    class_ = found(cli, {}, "deployer", COMPLETION)
    show(class_.source_template % class_.source_vars(), end="")
