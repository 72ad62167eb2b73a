"""Imports modules, and becomes a process that runs one whenever it is asked: a program of its own.

Its words are modules to import, as far as they are there; its standard input is a socket. A message
is JSON, as `fork` of this package sends it, with four descriptors: where to tell, and the standard
streams. Told are two lines: the process, and the status that it was waited for with.

What is forked has an environment, a folder, a session and signals of its own. `/proc` shows the
words and the environment of this program in its place.
"""

import contextlib
import fcntl
import json
import os
import runpy
import select
import signal
import socket
import sys
import termios


def main() -> str:
    """Serve; comes back in each that is forked, with the module to run, and does not at the end."""
    sys.path.remove("")  # what lies in the folder where it was started
    for name in sys.argv[2:]:
        with contextlib.suppress(ImportError):
            __import__(name)
    asked = socket.socket(fileno=os.dup(0))
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    telling: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([asked.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(telling)
        if asked.fileno() not in ready:
            continue
        message, descriptors, _, _ = socket.recv_fds(asked, 1 << 20, 4)
        if not message:
            os._exit(0)
        tell = socket.socket(fileno=descriptors[0])
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            for each in (woken, wake):
                os.close(each)
            for other in (asked, *telling.values()):
                other.close()
            module = _become(json.loads(message), descriptors[1:])
            tell.send(b"%d\n" % os.getpid())
            tell.close()
            return module
        for each in descriptors[1:]:
            os.close(each)
        telling[pid] = tell


def _reap(telling: dict[int, socket.socket]) -> None:
    """Tell of each that has ended; who asked may be gone."""
    while telling:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with telling.pop(pid) as tell, contextlib.suppress(OSError):
            tell.send(b"%d\n" % status)


def _become(asked: dict, streams: list[int]) -> str:  # type: ignore[type-arg]
    """Be what was asked for, as far as a fork can; gives the module to run."""
    for each in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(each, signal.SIG_DFL)
    # As Python does when it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for each in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(each, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.setsid()
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [asked["folder"], *filter(None, given)]
    # As an interpreter does when it starts; this one may have had another's, as Debian's has.
    sys.modules.pop("sitecustomize", None)
    with contextlib.suppress(ImportError):
        __import__("sitecustomize")
    module: str = asked["module"]
    # What was imported is run anew, as `python -m` runs it.
    if sys.modules.pop(module, None):
        package, _, name = module.rpartition(".")
        delattr(sys.modules[package], name)
    sys.argv[:] = ["-m", *asked["words"]]
    return module


if __name__ == "__main__":
    runpy.run_module(main(), run_name="__main__", alter_sys=True)
