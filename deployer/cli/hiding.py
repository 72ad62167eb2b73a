"""Keeping the secrets of our own environment out of what an error says."""

from __future__ import annotations

from collections.abc import Callable, Mapping

NO_SECRET = ("_FILE", "_PATH", "_DIR", "_URL", "_NAME")
"""Ends of names that say where a secret is, and hold none."""


def hiding(environ: Mapping[str, str]) -> Callable[[str], str]:
    """Give what takes secrets out of a text: by the names of variables, and by their shapes.

    An exception may repeat an argument, a header or an address; a traceback is pasted into issues.
    """
    from deployer.secret import may_name_secret  # noqa: PLC0415 - only for an error
    from deployer.serve.redact import Redactor  # noqa: PLC0415 - as above

    values = {
        value
        for name, value in environ.items()
        if may_name_secret(name) and not name.upper().endswith(NO_SECRET)
    }
    return Redactor(values).text
