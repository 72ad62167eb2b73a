"""Packs the CPU platform plugin into a wheel, without a build backend.

The engine's environment is installed with ``--no-deps`` and must not download a build tool for
three small modules. A wheel is a zip file with four metadata files; the format is specified at
https://packaging.python.org/en/latest/specifications/binary-distribution-format/.
"""

import base64
import hashlib
import zipfile
from pathlib import Path

NAME = "deployer-cpu-platform"
VERSION = "1.0"
ENTRY_POINT_GROUP = "sglang.srt.platforms"
"""Where SGLang looks for platforms: ``sglang/srt/plugins/__init__.py``."""

_SOURCES = Path(__file__).parent / "cpu_platform"
_DIST_INFO = f"deployer_cpu_platform-{VERSION}.dist-info"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date a zip file can hold: same sources, same bytes
_REGULAR_FILE = 0o100644 << 16


def sources() -> dict[str, bytes]:
    """Read what goes into the wheel: archive path to content, sorted by path."""
    files = [*_SOURCES.glob("*.pth"), *_SOURCES.glob("deployer_cpu_platform/*.py")]
    return {file.relative_to(_SOURCES).as_posix(): file.read_bytes() for file in sorted(files)}


def build_wheel(directory: Path) -> Path:
    """Write the plugin's wheel into ``directory`` and return its path.

    The same sources give the same bytes. Raises OSError where the directory cannot be written.
    """
    wheel = directory / f"deployer_cpu_platform-{VERSION}-py3-none-any.whl"
    contents = sources() | _metadata()
    record = f"{_DIST_INFO}/RECORD"
    contents[record] = _record(contents, record).encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in contents.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = _REGULAR_FILE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return wheel


def _metadata() -> dict[str, bytes]:
    metadata = (
        f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n"
        "Summary: SGLang on a CPU, from packages that PyPI has\nRequires-Python: >=3.11\n"
    )
    wheel = "Wheel-Version: 1.0\nGenerator: deployer\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    entry_points = f"[{ENTRY_POINT_GROUP}]\n{NAME} = deployer_cpu_platform:activate\n"
    return {
        f"{_DIST_INFO}/METADATA": metadata.encode(),
        f"{_DIST_INFO}/WHEEL": wheel.encode(),
        f"{_DIST_INFO}/entry_points.txt": entry_points.encode(),
    }


def _record(contents: dict[str, bytes], record: str) -> str:
    lines = [
        f"{path},sha256={_digest(content)},{len(content)}" for path, content in contents.items()
    ]
    return "\n".join([*lines, f"{record},,", ""])


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
