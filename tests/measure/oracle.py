"""A server that answers the canary's questions as it is told to, and rightly unless told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from deployer.measure.canary.question import Answer, Call, Question, Questions
from tests.listening import listening

SOLUTIONS = {
    "count_vowels": "return sum(c in 'aeiouAEIOU' for c in x)",
    "gcd_of": "import math\n    return math.gcd(*x)",
    "is_palindrome": "s = [c.lower() for c in x if c.isalnum()]\n    return s == s[::-1]",
    "roman": (
        "t = [(1000, 'M'), (900, 'CM'), (500, 'D'), (400, 'CD'), (100, 'C'), (90, 'XC'),"
        " (50, 'L'), (40, 'XL'), (10, 'X'), (9, 'IX'), (5, 'V'), (4, 'IV'), (1, 'I')]\n"
        "    s = ''\n    for n, r in t:\n        s += r * (x // n)\n        x %= n\n    return s"
    ),
    "merged": "return sorted(x + y)",
    "flat": "return [z for e in x for z in (flat(e) if isinstance(e, list) else [e])]",
    "primes_below": "return [n for n in range(2, x) if all(n % d for d in range(2, n))]",
    "run_lengths": (
        "import itertools\n    return [[k, len(list(g))] for k, g in itertools.groupby(x)]"
    ),
}

Say = Callable[[Question], Answer]


def right(question: Question) -> Answer:
    """Answer as somebody who knows."""
    if question.kind == "tool":
        wanted = json.loads(question.expected)
        return Answer("", (Call(wanted["name"], json.dumps(wanted["arguments"])),))
    if question.kind == "code":
        name = json.loads(question.expected)["function"]
        takes = "x, y" if name == "merged" else "x"
        return Answer(f"```python\ndef {name}({takes}):\n    {SOLUTIONS[name]}\n```")
    return Answer(question.expected)


@contextmanager
def answering(
    questions: Questions, say: Say, broken: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Serve; gives the URL. Questions in ``broken`` get 500."""
    by_text = {each.text: each for each in questions.questions}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked = [q for q in by_text.values() if q.text == body["messages"][-1]["content"]]
            question = next((q for q in questions.questions if q == asked[0]), asked[0])
            if question.name in broken:
                self.send_error(500)
                return
            sent = json.dumps(_completion(say(question))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


def _completion(answer: Answer) -> dict[str, Any]:
    calls = [
        {"id": "1", "type": "function",
         "function": {"name": call.name, "arguments": call.arguments}}
        for call in answer.calls
    ]  # fmt: skip
    message = {"role": "assistant", "content": answer.text, "tool_calls": calls or None}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
