"""Change something about this process, and become another: ``become.py CHANGE... -- WORD...``.

Changes: ``cpu=N`` runs on this core alone, ``ignore=NAME`` ignores a signal, ``uid=N`` gives up
root for this user and group, ``loopback`` starts the loopback interface of a new network
namespace, ``no-ipv6`` takes IPv6 out of it. A script: it needs the standard library alone.
"""

import contextlib
import fcntl
import os
import signal
import socket
import struct
import sys
from pathlib import Path

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h


def main(arguments: list[str]) -> None:
    """Do each change in turn, then become the rest of the words."""
    end = arguments.index("--")
    for change in arguments[:end]:
        _change(*change.split("=", 1))
    os.execvp(arguments[end + 1], arguments[end + 1 :])  # noqa: S606 - a word list


def _change(what: str, value: str = "") -> None:
    if what == "cpu":
        os.sched_setaffinity(0, {int(value)})
    elif what == "ignore":
        signal.signal(signal.Signals[value], signal.SIG_IGN)
    elif what == "uid":
        with contextlib.suppress(OSError):
            os.setgroups([])
        os.setgid(int(value))
        os.setuid(int(value))
    elif what == "loopback":
        _start_loopback()
    elif what == "no-ipv6":
        for name in ("all", "default", "lo"):
            Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
    else:
        sys.exit(f"become: no such change: {what}")


def _start_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asked = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(asking, SIOCGIFFLAGS, asked))[1]
        fcntl.ioctl(asking, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


if __name__ == "__main__":
    main(sys.argv[1:])
