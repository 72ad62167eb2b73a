"""pip's own lines, as pip 23 to 26 print them."""

from deployer.engine.pip_progress import PipProgress

OUTPUT = """\
Looking in indexes: https://index.example/simple, https://wheels.example/cpu
Collecting aiohttp==3.14.5
  Downloading aiohttp-3.14.5-cp311-cp311-manylinux_2_17_x86_64.whl (1.7 MB)
Processing /srv/wheels/sglang-0.5.23-py3-none-any.whl
WARNING: Retrying (Retry(total=0)) after connection broken
Installing collected packages: aiohttp, sglang
Successfully installed aiohttp-3.14.5 sglang-0.5.23
"""


def test_counts_and_names() -> None:
    reader = PipProgress(3, before=1, here=2, begin=0.4, end=0.9)
    seen = [found for line in OUTPUT.splitlines() if (found := reader.read(line))]
    assert [text for text, _ in seen] == [
        "Collecting aiohttp, 2/3",
        "Downloading aiohttp (1.7 MB), 2/3",
        "Collecting sglang, 3/3",
        "Unpacking 2 packages",
    ]
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions)
    assert 0.4 < fractions[0] < fractions[-1] < 0.9
