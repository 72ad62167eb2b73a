"""Runs SGLang's benchmark with headers that stand in no argument list. In the engine's environment.

The benchmark takes headers as arguments alone, which every process of a machine may read. Here they
come in the environment, as the API key does, and are put onto each request to one origin: never to
another one, to which an answer may redirect.
"""

# ruff: noqa: INP001 - it lies on the path of the engine's python, in no package

import json
import os
import runpy
import sys
from types import ModuleType

import aiohttp

VARIABLE = "DEPLOYER_FRONT"
"""Holds ``{"url": ..., "headers": {...}}``; the same in :mod:`deployer.measure.tool`."""

TOOL = "sglang.benchmark.serving"


def put_on(client: ModuleType, url: str, headers: dict[str, str]) -> None:
    """Let every session of aiohttp's ``client`` module send these headers to the URL's origin.

    What a session makes of each request, and of each redirect, is a ``request_class``
    (aiohttp 3.14.5 ``client.py``, ``_request``).
    """
    origin = client.URL(url).origin()

    class Fronted(client.ClientRequest):  # type: ignore[misc, name-defined]
        def update_headers(self, given: object) -> None:
            super().update_headers(given)
            if self.url.origin() == origin:
                self.headers.update(headers)

    client.ClientSession.__init__.__kwdefaults__["request_class"] = Fronted


def main() -> None:
    """Run the benchmark with the rest of the command line."""
    told = json.loads(os.environ.pop(VARIABLE))
    put_on(aiohttp.client, told["url"], told["headers"])
    sys.argv[0] = TOOL
    runpy.run_module(TOOL, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
