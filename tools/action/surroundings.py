"""What a program is started with, so that nothing of a pull request is in its reach.

The environment is written down here, not inherited: a variable that something else has set
(PYTHONPATH, PIP_INDEX_URL, GIT_EXTERNAL_DIFF, LD_PRELOAD, a token) does not travel. Git is told not
to run what a checkout may name: hooks, a file system monitor, credential and remote helpers.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping

KEPT = (
    "PATH", "LANG", "TZ", "TMPDIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
)  # fmt: skip
"""Variables of the runner's own machine that reach a program: where programs, a proxy and
certificates are."""

GIT = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.sshCommand": "false",
    "core.askPass": "",
    "core.alternateRefsCommand": "true",
    "credential.helper": "",
    "safe.bareRepository": "explicit",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
"""Git's configuration, above that of the checkout (git-config(1))."""


def environment(environ: Mapping[str, str], token: str = "") -> dict[str, str]:
    """Give the environment of a program; ``token`` is for git alone, to fetch with."""
    workspace, home = environ["GITHUB_WORKSPACE"], environ["RUNNER_TEMP"]
    settings = {**GIT, "safe.directory": workspace}
    if token:
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        # Sent to this host only. Not in an argument: others may read those.
        settings[f"http.{environ['GITHUB_SERVER_URL']}/.extraHeader"] = (
            f"Authorization: Basic {basic}"
        )
    made = {name: environ[name] for name in KEPT if name in environ}
    made |= {
        "HOME": home,
        "PYTHONUTF8": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        # By any other protocol, git could be led to a program that the checkout names.
        "GIT_ALLOW_PROTOCOL": environ["GITHUB_SERVER_URL"].partition(":")[0],
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (name, value) in enumerate(settings.items()):
        made |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return made


def quote(text: str) -> None:
    """Print what others may have written: no line of it is a command to the runner.

    Source: docs.github.com, "Workflow commands for GitHub Actions", stopping commands.
    """
    if text.strip():
        end = secrets.token_hex(16)
        print(f"::stop-commands::{end}\n{text.rstrip()}\n::{end}::", flush=True)
