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
    state = ""
    """Why something was not seen, for programs: ``not-asked``, ``not-reached``, ``not-there``."""

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


class NotAsked(Failure):
    """Nobody was asked, so nothing is known; that is not the same as nothing (exit 1)."""

    state = "not-asked"


class NotReached(Failure):
    """Who was asked gave no answer, so nothing is known (exit 1)."""

    state = "not-reached"


class NotThere(UsageError):
    """Everybody was asked, and what was named is not there (exit 2)."""

    state = "not-there"


class Interrupted(DeployerError):
    """The user pressed Ctrl-C and everything that had been started is ended (exit 130)."""

    exit_code = 130
