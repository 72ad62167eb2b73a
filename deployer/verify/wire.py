"""A stream as it is on the wire: the SDK swallows what it does not need, and forgives much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.codec import read_json
from deployer.verify.asking import request
from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.context import Context

DONE = "[DONE]"
SPARE = 64
"""How many chunks a stream may have beside one for each token."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: its content type, its chunks, and what stood in its last line of data."""

    kind: str
    chunks: tuple[dict[str, Any], ...]
    last: str

    @property
    def deltas(self) -> tuple[dict[str, Any], ...]:
        """The deltas of the first choice, in their order."""
        found = [choice.get("delta") for choice in self.choices]
        return tuple(delta for delta in found if isinstance(delta, dict))

    @property
    def choices(self) -> tuple[dict[str, Any], ...]:
        """The first choice of each chunk that has one."""
        lists = [chunk.get("choices") for chunk in self.chunks]
        firsts = [each[0] for each in lists if isinstance(each, list) and each]
        return tuple(choice for choice in firsts if isinstance(choice, dict))

    @property
    def finishes(self) -> tuple[object, ...]:
        """Every finish_reason that was told."""
        told = [choice.get("finish_reason") for choice in self.choices]
        return tuple(each for each in told if each is not None)

    def text(self, name: str = "content") -> str:
        """Join what the deltas hold under a name."""
        pieces = [delta.get(name) for delta in self.deltas]
        return "".join(piece for piece in pieces if isinstance(piece, str))


def streamed(context: Context, question: str, **options: Any) -> Stream:  # noqa: ANN401 - the SDK's own
    """Ask one question and read its stream to the end; :class:`Broken` for one that has none."""
    words = request(context, question, **options)
    most = words["max_tokens"] * (2 if words.get("n") else 1) + SPARE
    create = context.client.chat.completions.with_streaming_response.create
    found: list[str] = []
    with create(stream=True, **words) as response:
        kind = response.headers.get("content-type", "")
        for line in response.iter_lines():
            if line.startswith("data:"):
                found.append(line.removeprefix("data:").strip())
            if len(found) > most:
                msg = f"the stream goes on beyond {words['max_tokens']} tokens"
                raise Broken(msg, hint="the engine ignores max_tokens")
    chunks = tuple(_chunk(context, data) for data in found if data != DONE)
    return Stream(kind, chunks, found[-1] if found else "")


def _chunk(context: Context, data: str) -> dict[str, Any]:
    try:
        value = read_json(data, constants=True)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        msg = "a chunk of the stream is no JSON object"
        raise Broken(msg, detail=(excerpt(context.endpoint, data),))
    if "error" in value:
        msg = f"the server reported an error within its answer: {_error(context, value['error'])}"
        raise Broken(msg)
    return value


def _error(context: Context, error: object) -> str:
    said = error.get("message") if isinstance(error, dict) else error
    return excerpt(context.endpoint, said)
