"""How a client calls an endpoint, to be copied: `curl`, and the OpenAI SDK.

No key stands in it, and none reaches the words of a command, which every user of a machine can
read: `curl` reads the headers from its input, where the shell puts them.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

QUESTION = "Say hello."


@dataclass(frozen=True, slots=True)
class Credential:
    """What a client sends in one header: the header, what comes before, and where the value is.

    ``variable`` names it in the environment; ``file`` is the private file that holds it, '' where
    none does.
    """

    header: str
    before: str
    variable: str
    file: str = ""

    def shell(self) -> str:
        """Give the header as a shell fills it in."""
        value = f"$(cat {shlex.quote(self.file)})" if self.file else f"${self.variable}"
        return f"{self.header}: {self.before}{value}"

    def python(self) -> str:
        """Give the value as Python reads it."""
        if self.file:
            return f"pathlib.Path({self.file!r}).read_text().strip()"
        return f"os.environ[{self.variable!r}]"


def curl(url: str, model: str, credentials: tuple[Credential, ...]) -> str:
    """Give a command that asks one question; redirects, by which Modal lets wait, are followed."""
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": QUESTION}]})
    lines = [
        f"curl -L {url}/v1/chat/completions -H @- \\",
        f"  -H 'Content-Type: application/json' -d '{body}' <<HEADERS",
        *(each.shell() for each in credentials),
        "HEADERS",
    ]
    if not credentials:
        lines[:2] = [line.replace(" -H @-", "").replace(" <<HEADERS", "") for line in lines[:2]]
        del lines[2:]
    return "".join(f"{line}\n" for line in lines)


def openai_sdk(url: str, model: str, credentials: tuple[Credential, ...]) -> str:
    """Give a program that asks the same."""
    key = next((one for one in credentials if one.header == "Authorization"), None)
    more = [one for one in credentials if one is not key]
    files = any(one.file for one in credentials)
    variables = any(not one.file for one in credentials)
    lines = [
        *(["import os"] if variables else []),
        *(["import pathlib"] if files else []),
        "from openai import OpenAI",
        "client = OpenAI(",
        f"    base_url={f'{url}/v1'!r},",
        f"    api_key={key.python() if key else repr('none')},",
        *(["    default_headers={"] if more else []),
        *(f"        {one.header!r}: {one.python()}," for one in more),
        *(["    },"] if more else []),
        ")",
        f"message = {{'role': 'user', 'content': {QUESTION!r}}}",
        f"answer = client.chat.completions.create(model={model!r}, messages=[message])",
        "print(answer.choices[0].message.content)",
    ]
    return "".join(f"{line}\n" for line in lines)
