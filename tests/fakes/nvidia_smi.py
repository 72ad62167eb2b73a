"""Stands for the driver's `nvidia-smi` on a machine without GPUs.

FAKE_GPUS says which ones it has: lines of a name, a compute capability and MiB, as the real one
lists them (https://docs.nvidia.com/deploy/nvidia-smi/index.html). Without it there is no driver.
"""

from __future__ import annotations

import os
import sys

FIELDS = ("name", "compute_cap", "memory.total")
FORMS = {"csv,noheader,nounits": "", "csv,noheader": " MiB"}
NO_DRIVER = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that "
    "the latest NVIDIA driver is installed and running."
)


def main(words: list[str]) -> int:
    """Answer `--query-gpu=FIELDS --format=FORM`; anything else this one does not know."""
    told = dict(word.lstrip("-").partition("=")[::2] for word in words)
    gpus = os.environ.get("FAKE_GPUS")
    if set(told) != {"query-gpu", "format"} or told["format"] not in FORMS:
        sys.stdout.write(f"this nvidia-smi is a fake, and does not know {words}\n")
        return 2
    if gpus is None:
        sys.stdout.write(f"{NO_DRIVER}\n")
        return 9
    for line in gpus.splitlines():
        known = dict(zip(FIELDS, line.split(", "), strict=True))
        known["memory.total"] += FORMS[told["format"]]
        for field in told["query-gpu"].split(","):
            if field not in known:
                sys.stdout.write(f'Field "{field}" is not a valid field to query.\n')
                return 2
        sys.stdout.write(", ".join(known[f] for f in told["query-gpu"].split(",")) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
