"""Become a program as a login or a container runtime starts one: no signal is ignored or blocked.

``python -I -S fresh.py WORD...``. Whoever runs the tests may have started them under ``nohup`` or
in the background of a shell, and what is ignored there is inherited.
"""

import os
import signal
import sys

FRESH = (sys.executable, "-I", "-S", __file__)
"""Words to put before a command."""


def main(words: list[str]) -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execvp(words[0], words)  # noqa: S606 - a word list


if __name__ == "__main__":
    main(sys.argv[1:])
