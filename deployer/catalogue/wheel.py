"""A published wheel, read as a zip."""

from __future__ import annotations

import functools
import re
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

PACKAGES_OF_INTEREST = (
    "torch",
    "transformers",
    "flashinfer-python",
    "flashinfer_python",
    "sgl-kernel",
    "sglang-kernel",
    "sgl-deep-gemm",
    "xgrammar",
)
"""What a reviewer of an engine bump asks about: these decide drivers, kernels and tokens."""


LARGEST_SOURCE = 16 * 1024 * 1024
"""Bytes of a file that is read. The largest in 0.5.23, `server_args.py`, is below 1 MB."""


class Wheel:
    """The metadata and the sources in a wheel; raises ValueError where it is not one of SGLang."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip = zipfile.ZipFile(path)
        self._names = frozenset(self._zip.namelist())
        if self.metadata["Name"] != "sglang":
            msg = f"{path.name} is a wheel of {self.metadata['Name']}, not of sglang"
            raise ValueError(msg)

    @functools.cached_property
    def metadata(self) -> Message:
        """The headers of METADATA."""
        names = [name for name in self._names if name.endswith(".dist-info/METADATA")]
        if len(names) != 1:
            msg = f"{self.path.name} has {len(names)} METADATA files; a wheel has one"
            raise ValueError(msg)
        return Parser().parsestr(self._text(names[0]), headersonly=True)

    @property
    def version(self) -> str:
        """The release, such as ``0.5.10.post1``."""
        return str(self.metadata["Version"])

    @property
    def date(self) -> str:
        """The day of the newest file in the wheel (``2026-10-30``): when it was built."""
        year, month, day = max(info.date_time for info in self._zip.infolist())[:3]
        return f"{year:04}-{month:02}-{day:02}"

    @property
    def requires(self) -> dict[str, str]:
        """The Python that it needs and its pins of the packages that matter, by name."""
        found = {"python": str(self.metadata["Requires-Python"] or "")}
        for line in self.metadata.get_all("Requires-Dist", []):
            match = re.match(r"([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*\(?([^;)]*)\)?\s*(;.*)?$", line)
            if match and match[1] in PACKAGES_OF_INTEREST and "extra" not in (match[3] or ""):
                found.setdefault(match[1], match[2].strip())
        return found

    def source(self, module: str) -> tuple[str, bool] | None:
        """Give the text of a module and whether it is a package, or None where it is not here."""
        stem = module.replace(".", "/")
        for name, is_package in ((f"{stem}.py", False), (f"{stem}/__init__.py", True)):
            if name in self._names:
                return self._text(name), is_package
        return None

    def _text(self, name: str) -> str:
        """Read a member, unless it unpacks to more than any source file of an engine."""
        size = self._zip.getinfo(name).file_size
        if size > LARGEST_SOURCE:
            msg = f"{name} in {self.path.name} is {size:,} bytes, which is no source file"
            raise ValueError(msg)
        return self._zip.read(name).decode()

    def facts(self) -> dict[str, Any]:
        """Give what a catalogue says about the wheel itself."""
        return {
            "version": self.version,
            "wheel": self.path.name,
            "date": self.date,
            "requires": self.requires,
        }
