"""For `modal run`, `modal shell` and `modal serve`: the app of the profile in DEPLOYER_PROFILE.

``DEPLOYER_PROFILE=profiles/b200-fp8-eagle.yaml modal run -m deployer.cli.modal_app`` downloads,
compiles and verifies; ``...::download_model`` does one of them, and ``modal shell -m
deployer.cli.modal_app::Server`` opens a shell in the server's container. It is only a way to the
functions of :mod:`deployer.apply.modal.remote`: containers import those, with the release that
travels with them, and never this module or the variable.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from deployer.apply.hub import resolve
from deployer.apply.modal.app import build_app
from deployer.apply.modal.records import Records
from deployer.cli.ending import tell_error
from deployer.cli.reading import read_release
from deployer.compile.pin import pin
from deployer.errors import DeployerError, UsageError

if TYPE_CHECKING:
    from deployer.release import Release

VARIABLE = "DEPLOYER_PROFILE"


def _release() -> Release:
    path = os.environ.get(VARIABLE, "")
    if not path:
        message = f"{VARIABLE} is not set"
        raise UsageError(message, hint=f"{VARIABLE}=profiles/NAME.yaml modal run -m {__name__}")
    release = read_release(path)
    parameters = release.modal
    if parameters is None:
        message = f"{path} is for `target: {release.target}`, not for Modal"
        raise UsageError(message)
    release = pin(release, lambda source: resolve(source.repo, source.revision, os.environ))
    # What runs here ends with the command; nothing of it is to stay up meanwhile.
    return replace(release, modal=replace(parameters, min_containers=0, schedule=()))


try:
    _RELEASE = _release()
    _BUILT = build_app(_RELEASE, Records().keep_release(_RELEASE))
except DeployerError as error:
    tell_error(error)
    sys.exit(error.exit_code)

app = _BUILT.app
download_model = _BUILT.functions["download_model"]
compile_deepgemm = _BUILT.functions["compile_deepgemm"]
verify_setup = _BUILT.functions["verify_setup"]
Server = _BUILT.functions["Server"]


@app.local_entrypoint()
def main() -> None:
    """Download the weights, compile the kernels, and prove both."""
    download_model.remote()
    compile_deepgemm.remote()
    verify_setup.remote()
