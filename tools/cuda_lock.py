r"""Make the lock of a release's CUDA environment, out of what `uv` resolves.

    uv pip compile IN --python-version 3.11 --python-platform x86_64-manylinux_2_35 \
        --only-binary :all: --format pylock.toml -o pylock.p11.toml    # IN: sglang==VERSION
    python -m tools.cuda_lock VERSION pylock.p11.toml pylock.p12.toml

One file for each Python, the later ones with the versions of the first as constraints. What comes
out is a requirements file with the hashes of every wheel that one of them may take; no address.
"""

from __future__ import annotations

import sys
import time
import tomllib
from pathlib import Path
from typing import Any

HEAD = """\
# SGLang {version} with CUDA: every package that the release itself requires, as resolved on
# {date}, for Linux x86_64 and Python 3.11 and 3.12, with the hashes of the wheels
# (outlines-core, which it requires, has none for 3.13).
#
# Installed with --no-deps --require-hashes --only-binary :all: by deployer/engine/cuda.py.
# Made by `python -m tools.cuda_lock`. The wheels of one Python are
# download: {download} bytes
"""


def main(words: list[str]) -> int:
    """Print the lock; 1 where the files do not agree on a version."""
    version, *paths = words
    files = [tomllib.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
    packages: dict[str, dict[str, Any]] = {}
    for file in files:
        for each in file["packages"]:
            found = packages.setdefault(each["name"], {"version": each["version"], "wheels": {}})
            if found["version"] != each["version"]:
                sys.stderr.write(f"{each['name']}: {found['version']} and {each['version']}\n")
                return 1
            for wheel in each["wheels"]:
                found["wheels"][wheel["hashes"]["sha256"]] = wheel["size"]
    date = time.strftime("%Y-%m-%d", time.gmtime())
    download = sum(max(each["wheels"].values()) for each in packages.values())
    sys.stdout.write(HEAD.format(version=version, download=download, date=date))
    for name, each in sorted(packages.items()):
        hashes = " \\\n".join(f"    --hash=sha256:{one}" for one in sorted(each["wheels"]))
        sys.stdout.write(f"{name}=={each['version']} \\\n{hashes}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
