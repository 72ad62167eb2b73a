"""The command by which a step of an image patches what is in it."""

from __future__ import annotations

import base64
import shlex

from deployer.release import ImageStep

FETCHED = "/tmp/deployer.patch"  # noqa: S108 - in the image, while a layer of it is built


def patch_command(step: ImageStep) -> str:
    """Give the command that patches: it fails for another hash, and for what does not fit.

    A patch that stands in the release travels in the command itself, so that the layer is another
    one where the patch is.
    """
    folder, strip, url = step.words
    if url:
        fetch = f"import urllib.request as r; r.urlretrieve({url!r}, {FETCHED!r})"
        got = f"python3 -c {shlex.quote(fetch)}"
    else:
        coded = base64.b64encode(step.text.encode()).decode()
        got = f"echo {coded} | base64 -d > {FETCHED}"
    return " && ".join(
        (
            got,
            f"echo '{step.sha256}  {FETCHED}' | sha256sum -c -",
            f"patch --forward --fuzz=0 --batch -p{strip} -d {shlex.quote(folder)} -i {FETCHED}",
            f"rm {FETCHED}",
        )
    )
