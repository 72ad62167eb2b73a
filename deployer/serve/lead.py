"""Become the engine, tied to the life of the supervisor. A script, never imported.

Called as ``python -I -S lead.py SUPERVISOR_PID WORD...``: it asks the kernel for SIGKILL at the
death of its parent, looks whether the parent died before it could ask, and then turns into the
engine with ``execvp`` (the wish survives that; see prctl(2)). Exit code 127 is a command that
does not exist, 126 one that cannot be run, as in a shell.

It imports little because it stands between the user and every start.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h
NOT_FOUND = 127
NOT_RUNNABLE = 126


def main(supervisor: int, words: list[str]) -> int:
    """Tie this process to the supervisor and become ``words``; returns only if that fails."""
    if sys.platform == "linux" and not _tie():
        _say("the kernel refused PR_SET_PDEATHSIG: a killed supervisor would leave the engine")
    if os.getppid() != supervisor:
        _say(f"the supervisor {supervisor} is gone already")
        return 1
    # Ignored and blocked signals survive exec; an engine that ignores SIGTERM cannot drain, and
    # SGLang's processes tell each other of their end by SIGQUIT, which a shell's `&` ignores.
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        os.execvp(words[0], words)  # noqa: S606 - a word list, looked up in the engine's own PATH
    except OSError as error:
        _say(f"cannot start {words[0]!r}: {error.strerror}")
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        return NOT_FOUND if missing else NOT_RUNNABLE


def _tie() -> bool:
    """Ask for SIGKILL at the death of the thread that forked us."""
    prctl = ctypes.CDLL(None).prctl
    return bool(prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) == 0)


def _say(message: str) -> None:
    sys.stderr.write(f"deployer: {message}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
