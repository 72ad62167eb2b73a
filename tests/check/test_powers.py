"""What a profile can run on the GPUs is listed by `check`."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.finding import Severity
from tests.check.sane import changed, findings


@pytest.mark.parametrize(
    ("engine", "check", "severity"),
    [
        ({"env": {"LD_PRELOAD": "profiles/x.so"}}, "loader-variable", Severity.WARNING),
        ({"env": {"PYTHONPATH": "/x"}}, "loader-variable", Severity.WARNING),
        ({"env": {"SGLANG_PLUGINS": "x"}}, "code-by-name", Severity.WARNING),
        ({"args": {"custom-weight-loader": "a.b"}}, "code-by-name", Severity.WARNING),
        (
            {"args": {"forward-hooks": '[{"hook_factory": "a:b"}]'}},
            "code-by-name",
            Severity.WARNING,
        ),
        ({"args": {"enable-custom-logit-processor": True}}, "code-by-name", Severity.WARNING),
        ({"env": {"https_proxy": "http://e"}}, "reaches-outside", Severity.NOTE),
        ({"args": {"tokenizer-path": "a/b"}}, "reaches-outside", Severity.NOTE),
        ({"env": {"NOBODY_KNOWS": "1"}}, "variable-unknown", Severity.NOTE),
    ],
)
def test_it_is_said_at_its_key(engine: dict[str, Any], check: str, severity: Severity) -> None:
    ((_, values),) = engine.items()
    (name,) = values

    found = [f for f in findings(changed({"engine": engine})) if f.check == check]

    assert [(f.severity, name in f.path) for f in found if name in f.path] == [(severity, True)]


def test_what_the_sane_profile_states_is_said_and_no_more() -> None:
    told = {f.check for f in findings(changed({}))}

    assert "reaches-outside" in told  # trust_remote_code
    assert not told & {"code-by-name", "loader-variable", "variable-unknown"}
