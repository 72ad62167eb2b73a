"""Hands over what an isolated interpreter is to run, and ends as that ends.

Only built-in modules: an import of `socket` would take as long as all of this.
"""

import sys

if sys.flags.isolated:
    import _socket
    import os
    import struct

    words = [os.fsencode(word) for word in sys.orig_argv[2:]]
    variables = [b"%s=%s" % each for each in os.environb.items()]
    text = b"\0".join([b"%d" % len(words), *words, os.getcwdb(), *variables])  # noqa: PTH109 - bytes
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    server.connect(f"{sys.prefix}/socket")
    files = struct.pack("3i", 0, 1, 2)
    server.sendmsg([b"."], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
    while text:
        text = text[server.send(text) :]
    server.shutdown(_socket.SHUT_WR)
    code = server.recv(1)
    os._exit(code[0] if code else 70)
