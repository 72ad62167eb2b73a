r"""The alphabets of names: what the hub, the registries and Modal take, ASCII all of it.

Two names that look alike are two names (one letter may be Cyrillic), and `..` in one leads out of
the folder that is made of it. pydantic's patterns have no look-ahead and a Unicode ``\w``, so each
class is written out.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_WORD = "[A-Za-z0-9_]"
_REPO = rf"{_WORD}+(?:(?:[.-]|\.-|-\.){_WORD}+)*"
_REPOSITORY = rf"^{_REPO}(?:/{_REPO})?$"
_REF = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
_REVISION = rf"^{_REF}(?:/{_REF})*$"
_SERVED = r"^[A-Za-z0-9_./][A-Za-z0-9_./:-]*$"
_MOUNT = r"^(?:/(?:[A-Za-z0-9_-]|\.{1,2}[A-Za-z0-9_-]|\.{3,})[A-Za-z0-9._-]*)+$"
_ABSOLUTE = r"(?:/(?:[^\s/.]|\.{1,2}[^\s/.]|\.{3,})[^\s/]*)+/?"
_FOLDER = rf"^{_ABSOLUTE}$"
_DRAFT = rf"^(?:{_REPO}(?:/{_REPO})?|{_ABSOLUTE})$"
_ADAPTER = rf"^(?:{_REPO}(?:/{_REPO})?(?:@{_REF}(?:/{_REF})*)?|{_ABSOLUTE})$"
_ADAPTER_NAME = r"^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$"
_MODAL = r"^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$"
_HOST = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DIGEST = "sha256:[0-9a-f]{64}"
_IMAGE = (
    rf"^(?:(?:{_HOST}(?:\.{_HOST})+(?::[0-9]+)?|{_HOST}:[0-9]+|localhost)/)?{_PART}(?:/{_PART})*"
    rf"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}(?:@{_DIGEST})?|@{_DIGEST})$"
)
_PIN = r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?==[0-9]+(?:\.[0-9]+)*[A-Za-z0-9.+]*$"
_WEB = r"^https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[\x21\x23-\x26\x28-\x5b\x5d\x5e\x61-\x7e_]*)?$"
_SUB_PATH = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$"
_PIP = (
    rf"{_PIN[:-1]}$"
    r"|^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])? @ git\+https://[A-Za-z0-9._/:-]+@[0-9a-f]{40}"
    r"(?:#subdirectory=[A-Za-z0-9._/-]+)?$"
    r"|^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])? @ )?https://[A-Za-z0-9._/:+%~-]+"
    r"#sha256=[0-9a-f]{64}$"
)
_LABEL = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"
_DOMAIN = rf"^{_HOST}(?:\.{_HOST})+$"
_TAG = r"^[A-Za-z0-9._-]{1,63}$"
_ADDRESS = r"^[A-Za-z0-9.:_-]+$"
_BASE = r"^[^/\\\x00-\x1f][^\\\x00-\x1f]*\.ya?ml$"

_WEEKDAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
_DAYS = rf"^{_WEEKDAY}(?:-{_WEEKDAY})?(?:,{_WEEKDAY}(?:-{_WEEKDAY})?)*$"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_HOURS = rf"^{_CLOCK}-(?:{_CLOCK}|24:00)$"

FORMS = {
    _DAYS: "days of the week, such as `mon-fri` or `sat,sun`",
    _HOURS: "hours with their minutes, such as `08:00-18:00`",
    _REPOSITORY: "a repository, `OWNER/NAME`: letters, digits, `-`, `_` and single dots",
    _REVISION: "a commit, a branch or a tag: letters, digits, `-`, `_`, `/` and single dots",
    _SERVED: "a name: letters, digits, and `.`, `_`, `-`, `/` or `:` between them",
    _MOUNT: "an absolute path of letters, digits, `.`, `_` and `-`, such as `/model-cache`",
    _FOLDER: "an absolute path without spaces, such as `/data/models/NAME`",
    _DRAFT: "a repository, `OWNER/NAME`, or an absolute path without spaces",
    _ADAPTER: "a repository, `OWNER/NAME@REVISION`, or an absolute path without spaces",
    _ADAPTER_NAME: "a name: letters, digits, and `.`, `_` or `-` between them",
    _MODAL: "a name for Modal: letters, digits, `-`, `_` and single dots",
    _IMAGE: "an image with its tag or digest, in lower case: `OWNER/NAME:TAG`",
    _PIN: "a package with its version, such as `fastsafetensors==0.3.3`",
    _WEB: "an address that begins with `https://`, without spaces and quotes",
    _SUB_PATH: "a folder within the volume, such as `models/one`, without `..`",
    _PIP: "a pinned package: `NAME==VERSION`, `NAME @ git+https://...@COMMIT` (40 digits), or the "
    "address of a wheel with `#sha256=...`",
    _LABEL: "small letters, digits and `-`, at most 63",
    _DOMAIN: "the name of a host, such as `llm.example.com`",
    _TAG: "letters, digits, `.`, `_` and `-`, at most 63",
    _BASE: "the path of a YAML file from this one's folder, such as `base.yaml`",
    _ADDRESS: "an address, such as `127.0.0.1`",
}
"""What each pattern means, for those who do not read patterns."""

LONGEST_PART = 96
"""Characters of an owner or a name on the hub. Source: huggingface_hub
``utils/_validators.py``, ``REPO_ID_REGEX``."""

_APP_ID = re.compile("ap-[A-Za-z0-9]{22}")


def _on_the_hub(name: str) -> str:
    """Refuse what no pattern without look-ahead can: a long part, and git's own ending."""
    if any(len(part) > LONGEST_PART for part in name.split("/")):
        msg = f"the hub's names have at most {LONGEST_PART} characters a part"
        raise ValueError(msg)
    if name.endswith(".git"):
        msg = "no repository of the hub ends in `.git`: that is the end of its address for git"
        raise ValueError(msg)
    return name


def _on_the_hub_or_here(name: str) -> str:
    return name if name.startswith("/") else _on_the_hub(name)


def _adapter(source: str) -> str:
    _on_the_hub_or_here(source.partition("@")[0])
    return source


def _no_app_id(name: str) -> str:
    if _APP_ID.fullmatch(name):
        msg = "Modal takes no name that has the form of an app's ID (`ap-` and 22 characters)"
        raise ValueError(msg)
    return name


def _no_environment_id(name: str) -> str:
    if name.lower().startswith("en-"):
        msg = "Modal keeps `en-` for the IDs of environments, and no environment's name begins so"
        raise ValueError(msg)
    return name


def _not_ours(name: str) -> str:
    if name.startswith("deployer."):
        msg = "tags that begin with `deployer.` are written by deployer itself"
        raise ValueError(msg)
    return name


Repository = Annotated[str, Field(pattern=_REPOSITORY, max_length=193), AfterValidator(_on_the_hub)]
"""Owner and name, or a name alone. Source: huggingface_hub ``utils/_validators.py``: letters,
digits, `-`, `_` and `.`, no `--` and no `..`, 96 characters a part, no `.git` at the end."""

DraftModel = Annotated[str, Field(pattern=_DRAFT), AfterValidator(_on_the_hub_or_here)]
"""A repository, or the absolute path of a folder."""

AdapterName = Annotated[str, Field(pattern=_ADAPTER_NAME, max_length=96)]
"""What clients ask for an adapter by. Source: SGLang reads `NAME=PATH` and `MODEL:NAME`
(0.5.23 ``srt/server_args.py``, ``LoRAPathAction``), so neither sign is in it."""

AdapterSource = Annotated[str, Field(pattern=_ADAPTER, max_length=450), AfterValidator(_adapter)]
"""A repository with its revision after an `@` (`main` without one), or the absolute path of a
folder."""

Revision = Annotated[str, Field(pattern=_REVISION, max_length=255)]
"""A commit, a branch or a tag. Source: git-check-ref-format(1), which allows more."""

ServedName = Annotated[str, Field(pattern=_SERVED, max_length=255)]
"""What clients write into `model`: it stands on a command line, in URLs and in JSON."""

MountPath = Annotated[str, Field(pattern=_MOUNT)]
"""An absolute path without `.` and `..`, as Modal mounts volumes."""

FolderPath = Annotated[str, Field(pattern=_FOLDER)]
"""An absolute path without `.`, `..` and spaces; what folders are called is their owner's."""

ModalName = Annotated[str, Field(pattern=_MODAL, max_length=64), AfterValidator(_no_app_id)]
"""Source: Modal client 1.6.4 ``_utils/name_utils.py``: letters, digits, `-`, `_` and `.`, at most
64, and no app's ID; here none begins with a sign, and none has `..`."""

EnvironmentName = Annotated[
    str, Field(pattern=_MODAL, max_length=64), AfterValidator(_no_environment_id)
]
"""The same, and none begins with `en-`, however it is written. Source: Modal client 1.6.4
``_utils/name_utils.py``, ``is_valid_environment_name``."""

ImageReference = Annotated[str, Field(pattern=_IMAGE, max_length=400)]
"""An image pinned by tag or digest. Source: the grammar of references,
https://github.com/distribution/reference/blob/main/reference.go"""

PackagePin = Annotated[str, Field(pattern=_PIN, max_length=200)]
"""A Python package and the one version that is wanted. Source: the version specifiers of the
Python Packaging Authority, of which only `==` is taken."""

PipRequirement = Annotated[str, Field(pattern=_PIP, max_length=600)]
"""What pip installs, pinned: a version, a commit, or a file with its hash."""

WebAddress = Annotated[str, Field(pattern=_WEB, max_length=1024)]
"""Where something lies on the internet, over an encrypted connection. It stands within quotes of a
shell, so that none is in it."""

SubPath = Annotated[str, Field(pattern=_SUB_PATH, max_length=512)]
"""A folder within a volume."""

Label = Annotated[str, Field(pattern=_LABEL)]
"""A part of a host's name. Source: RFC 1123, 2.1."""

Domain = Annotated[str, Field(pattern=_DOMAIN, max_length=253)]
"""A host's name of one's own."""

TagName = Annotated[str, Field(pattern=_TAG), AfterValidator(_not_ours)]
"""The name of a tag. Source: Modal client 1.6.4 ``_utils/name_utils.py``; those that begin with
`deployer.` say what a deployment is."""


def _timezone(name: str) -> str:
    """Refuse what is no timezone's name. Raises ValueError."""
    from zoneinfo import available_timezones  # noqa: PLC0415 - only where there is one

    if name not in available_timezones():
        message = "it is no name of a timezone, such as `Europe/Berlin` or `UTC`"
        raise ValueError(message)
    return name


Days = Annotated[str, Field(pattern=_DAYS)]
"""Days of the week."""

Hours = Annotated[str, Field(pattern=_HOURS)]
"""Hours of the wall clock."""

Timezone = Annotated[str, Field(max_length=64), AfterValidator(_timezone)]
"""A timezone of the IANA's database."""

TagValue = Annotated[str, Field(pattern=_TAG)]
"""The value of a tag, of the same letters."""

Address = Annotated[str, Field(pattern=_ADDRESS, max_length=253)]
"""An IP address or a host's name."""

BaseFile = Annotated[str, Field(pattern=_BASE, max_length=255)]
"""A file beside this one, or at another place of its repository, by its path from here."""
