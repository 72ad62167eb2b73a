"""The value of an option must be a JSON object and is none.

Why it hurts: the command line takes any text for it. The engine reads it when it loads the model's
configuration, or later, and ends with a decoder's error, after the container is scheduled.

Instead of ``-`` write ``+``::

      engine:
        args:
    -     json-model-override-args: "{rope_scaling: yarn}"
    +     json-model-override-args: '{"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}'

Source: SGLang 0.5.23 ``configs/model_config.py:612``, ``configs/load_config.py:137``; the options
stand in ``deployer/facts/sglang/json_values.py``.
https://github.com/sgl-project/sglang/blob/v0.5.23/python/sglang/srt/configs/model_config.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.flags import key_path
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.sglang.json_values import NoObjectError, is_json, read_object
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Read each of these values as the engine will."""
    for argument in case.arguments:
        value = " ".join(argument.values)
        if not is_json(argument.flag, value):
            continue
        try:
            read_object(value)
        except NoObjectError as error:
            yield Problem(
                key_path(argument.source),
                f"`{argument.flag}` takes a JSON object, and this is {error}",
                "write names and texts in double quotes, and the whole in single ones: "
                """`'{"name": "text"}'`""",
                hides_line=True,
            )


RULE = Rule("value-not-json", Severity.ERROR, find)
