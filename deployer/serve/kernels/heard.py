"""What the output of the compilation tells, heard as it passes to whoever reads it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

FINISHED = b"DeepGEMM Kernels compilation finished successfully"
"""The last but silent step of ``sglang/compile_deep_gemm.py``; 10 s later it ends its server."""

AT_WORK = (b"DeepGEMM JIT Compiling for", b"DeepGEMM warmup")
"""What ``deep_gemm_wrapper/compile_utils.py`` says of each group of kernels: a line of the log,
and the name of its progress bar, which is there at every log level (0.5.10.post1, 0.5.23)."""

KEEP = max(map(len, (FINISHED, *AT_WORK)))


class Heard(io.RawIOBase):
    """A stream that passes everything on to ``onward``, if there is one, and listens.

    ``ring`` is called when the compilation says that it has finished. The words may be in the
    midst of a piece or spread over two.
    """

    def __init__(self, onward: io.RawIOBase | None, ring: Callable[[], None]) -> None:
        super().__init__()
        self._onward = onward
        self._ring = ring
        self._end = b""
        self.finished = False
        self.at_work = False

    def writable(self) -> bool:
        """Say yes."""
        return True

    def fileno(self) -> int:
        """Give the descriptor of ``onward``, on which a writer waits when it is full."""
        return super().fileno() if self._onward is None else self._onward.fileno()

    def write(self, data: ReadableBuffer, /) -> int | None:
        """Listen, and write as much as ``onward`` takes; the rest comes again."""
        piece = self._end + bytes(data)
        self._end = piece[-KEEP:]
        self.at_work = self.at_work or any(word in piece for word in AT_WORK)
        if not self.finished and FINISHED in piece:
            self.finished = True
            self._ring()
        return len(bytes(data)) if self._onward is None else self._onward.write(data)
