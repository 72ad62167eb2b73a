"""Every way in which a command can end early: one exception for each exit code.

Findings (:mod:`deployer.finding`) describe what is wrong with a thing that was asked about;
these exceptions end a command. Each carries what happened and what to do instead, and no
secret: messages are printed as they stand.
"""

from __future__ import annotations


class DeployerError(Exception):
    """The base of what is reported to the user without a traceback.

    ``message`` and ``hint`` are one line each; ``detail`` holds lines that others wrote, such as
    the end of a log.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", detail: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail


class Failure(DeployerError):
    """The thing that was asked about is not right, or what was asked for failed (exit 1)."""

    exit_code = 1


class UsageError(DeployerError):
    """The command itself was wrong: a missing file, an impossible combination (exit 2)."""

    exit_code = 2


class Interrupted(DeployerError):
    """The user pressed Ctrl-C and everything that had been started is ended (exit 130)."""

    exit_code = 130
