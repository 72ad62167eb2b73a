r"""The alphabets of names: what the hub, the registries and Modal take, ASCII all of it.

Two names that look alike are two names (one letter may be Cyrillic), and `..` in one leads out of
the folder that is made of it. pydantic's patterns have no look-ahead and a Unicode ``\w``, so each
class is written out.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

_WORD = "[A-Za-z0-9_]"
_REPO = rf"{_WORD}+(?:(?:[.-]|\.-|-\.){_WORD}+)*"
_REPOSITORY = rf"^{_REPO}(?:/{_REPO})?$"
_REF = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
_REVISION = rf"^{_REF}(?:/{_REF})*$"
_SERVED = r"^[A-Za-z0-9_./][A-Za-z0-9_./:-]*$"
_MOUNT = r"^(?:/(?:[A-Za-z0-9_-]|\.{1,2}[A-Za-z0-9_-]|\.{3,})[A-Za-z0-9._-]*)+$"
_FOLDER = r"^(?:/(?:[^\s/.]|\.{1,2}[^\s/.]|\.{3,})[^\s/]*)+/?$"
_MODAL = r"^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$"
_HOST = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DIGEST = "sha256:[0-9a-f]{64}"
_IMAGE = (
    rf"^(?:(?:{_HOST}(?:\.{_HOST})+(?::[0-9]+)?|{_HOST}:[0-9]+|localhost)/)?{_PART}(?:/{_PART})*"
    rf"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}(?:@{_DIGEST})?|@{_DIGEST})$"
)
_ADDRESS = r"^[A-Za-z0-9.:_-]+$"

FORMS = {
    _REPOSITORY: "a repository, `OWNER/NAME`: letters, digits, `-`, `_` and single dots",
    _REVISION: "a commit, a branch or a tag: letters, digits, `-`, `_`, `/` and single dots",
    _SERVED: "a name: letters, digits, and `.`, `_`, `-`, `/` or `:` between them",
    _MOUNT: "an absolute path of letters, digits, `.`, `_` and `-`, such as `/model-cache`",
    _FOLDER: "an absolute path without spaces, such as `/data/models/NAME`",
    _MODAL: "a name for Modal: letters, digits, `-`, `_` and single dots",
    _IMAGE: "an image with its tag or digest, in lower case: `OWNER/NAME:TAG`",
    _ADDRESS: "an address, such as `127.0.0.1`",
}
"""What each pattern means, for those who do not read patterns."""

Repository = Annotated[str, Field(pattern=_REPOSITORY, max_length=193)]
"""Owner and name, or a name alone. Source: huggingface_hub ``utils/_validators.py``: letters,
digits, `-`, `_` and `.`, no `--` and no `..`, 96 characters a part."""

Revision = Annotated[str, Field(pattern=_REVISION, max_length=255)]
"""A commit, a branch or a tag. Source: git-check-ref-format(1), which allows more."""

ServedName = Annotated[str, Field(pattern=_SERVED, max_length=255)]
"""What clients write into `model`: it stands on a command line, in URLs and in JSON."""

MountPath = Annotated[str, Field(pattern=_MOUNT)]
"""An absolute path without `.` and `..`, as Modal mounts volumes."""

FolderPath = Annotated[str, Field(pattern=_FOLDER)]
"""An absolute path without `.`, `..` and spaces; what folders are called is their owner's."""

ModalName = Annotated[str, Field(pattern=_MODAL, max_length=64)]
"""Source: Modal client 1.6.4 ``_utils/name_utils.py``: letters, digits, `-`, `_` and `.`, at most
64; here none begins with a sign, and none has `..`."""

ImageReference = Annotated[str, Field(pattern=_IMAGE, max_length=400)]
"""An image pinned by tag or digest. Source: the grammar of references,
https://github.com/distribution/reference/blob/main/reference.go"""

Address = Annotated[str, Field(pattern=_ADDRESS, max_length=253)]
"""An IP address or a host's name."""
