"""A profile of several layers: what it comes to, and where each value and each fault stands."""

from __future__ import annotations

import copy
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from deployer.check.run import judge
from deployer.profile import layers
from deployer.profile.layers import Layered, laid
from deployer.report.whole import whole
from tests.check.test_checks import SANE
from tests.dumped import dumped

BASE = dumped({key: value for key, value in SANE.items() if key != "name"})
OWN = """\
extends: base.yaml
name: one
serving: {api_key_env: null}
modal:
  app: one
  packages: [a==1]
  hub_secret: null
environments:
  staging:
    modal:
      max_containers: 0
  apart:
    name: other
    modal: {environment: elsewhere}
"""


def layered(own: str = OWN, base: str = BASE, environment: str = "") -> Layered:
    return Layered(own, base, "base.yaml", environment=environment)


def value(text: Layered) -> dict[str, Any]:
    source = layers.read(text, "one.yaml")
    assert source.complete, source.findings
    assert source.value == layers.quick(text), "both readers agree"
    assert isinstance(source.value, dict)
    return source.value


def test_mappings_join_lists_and_values_are_replaced_and_null_takes_away() -> None:
    base = copy.deepcopy(SANE)
    base["modal"] |= {"packages": ["b==2", "c==3"], "hub_secret": "token", "max_containers": 7}
    found = value(layered(base=dumped(base)))

    assert found["name"] == "one"
    assert found["modal"]["packages"] == ["a==1"], "a list is replaced"
    assert found["modal"]["max_containers"] == 7, "what is not spoken of stays"
    assert "hub_secret" not in found["modal"], "null takes away"
    assert found["serving"]["api_key_env"] is None, "where null says something it is a value"

    base["engine"]["env"] = {"KEPT": "1"}
    own = f"{OWN}engine: {{env: {{GONE: null}}}}\nmemory: {{nosuch: null}}\n"
    found = value(layered(own, dumped(base)))
    assert found["engine"]["env"] == {"KEPT": "1"}, "a variable that the base has no more is none"
    assert "nosuch" in found["memory"], "a key that is none is not passed over"


def test_an_environment_is_laid_over_all_and_is_a_modal_environment() -> None:
    staging, apart = value(layered(environment="staging")), value(layered(environment="apart"))

    assert staging["modal"]["max_containers"] == 0
    assert staging["modal"]["environment"] == "staging", "it is named for Modal's"
    assert apart["modal"]["environment"] == "elsewhere", "unless another is stated"
    assert (staging["name"], apart["name"]) == ("one", "other")
    assert layers.environments(layered()) == ("staging", "apart")


def test_each_value_and_each_fault_stands_at_its_own_file_and_line() -> None:
    wrong = BASE.replace("count: 8", "count: 9")
    found = judge(layered(base=wrong, environment="staging"), "one.yaml").findings
    lines = {one.check: (one.file, one.span and one.span.line, one.source_line) for one in found}
    at = wrong.splitlines().index("  count: 9") + 1
    places = {(one.file, one.span and one.span.line) for one in found}

    assert ("base.yaml", at) in places
    assert ("one.yaml", 11) in places, "the environment's own line"
    assert lines["out-of-bounds"][2] in {"  count: 9", "      max_containers: 0"}
    source = layers.read(layered(environment="staging"), "one.yaml")
    assert source.where(("modal", "app")) == ("one.yaml", 5)
    assert source.where(("modal", "environment")) == ("one.yaml", 9)
    assert source.where(("modal", "weights", "volume"))[0] == "base.yaml"
    assert source.text_at(source.value_span(("hardware", "count"))) == "8"


def test_what_it_comes_to_is_shown_whole_and_is_a_profile_by_itself() -> None:
    one = judge(layered(), "one.yaml")
    assert one.whole is not None, one.findings
    shown = whole(one.loaded.source)
    again = judge(shown, "whole.yaml")

    assert again.whole is not None, again.findings
    assert again.whole.release == one.whole.release
    assert "  app: one  # one.yaml:5" in shown
    at = BASE.splitlines().index("  count: 8") + 1
    assert f"  count: 8  # base.yaml:{at}" in shown
    assert "extends" not in shown


def test_an_allowance_holds_in_the_file_that_it_stands_in_and_travels_with_the_value() -> None:
    comment = "# deployer: allow[public-without-key] for Friday only"
    allowed = f"{BASE}serving:\n  {comment}\n  api_key_env: null\n"
    own = "extends: base.yaml\nname: one\nmodal: {api_key_secret: null}\n"
    judged = judge(layered(own, allowed), "one.yaml")
    found = {one.check: one for one in judged.findings}

    assert found["public-without-key"].allowed == "for Friday only"
    assert found["public-without-key"].file == "base.yaml"
    assert "allow-unused" not in found
    assert comment in whole(judged.loaded.source)


def test_a_secret_of_the_base_is_in_nothing_that_is_shown() -> None:
    key = "hf_" + "QRSTUVWXYZabcdefghijklmnopqrstuvwx"
    base = f"{BASE}lora: {{adapters: {{HF_TOKEN: {key}}}}}\n"
    judged = judge(layered(base=base), "one.yaml")

    assert judged.findings
    assert key not in str(judged.findings)
    assert key not in whole(judged.loaded.source)


def test_what_cannot_be_laid_together_is_an_error_at_its_key() -> None:
    cases = {
        "base-not-read": Layered("name: a\nextends: b.yaml\n", why_not="it is not there"),
        "base-extends": layered("name: a\nextends: base.yaml\n", "extends: c.yaml\n"),
        "environment-not-there": layered(environment="nowhere"),
        "environment-not-apart": layered(
            OWN.replace("      max_containers: 0", "      environment: null").replace(
                "  app: one", "  app: one\n  environment: staging"
            ),
            environment="staging",
        ),
        "invalid-value": layered(OWN.replace("    name: other", "    extends: base.yaml")),
        "bad-pattern": layered(OWN.replace("base.yaml", "/etc/base.yaml")),
        "out-of-bounds": layered(environment="staging"),
    }
    found = {check: judge(text, "one.yaml").findings for check, text in cases.items()}

    assert [name for name in cases if name not in {one.check for one in found[name]}] == []
    assert all(one.file and one.span for each in found.values() for one in each), found


TREES = st.recursive(
    st.integers(0, 9) | st.lists(st.integers(0, 9), max_size=2) | st.none(),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(st.sampled_from("abcd"), TREES, min_size=1, max_size=4)


@given(MAPPINGS, MAPPINGS)
def test_the_law_of_layers(lower: dict[str, Any], upper: dict[str, Any]) -> None:
    """Each place says what the upper layer says there, or the lower one where that is silent."""
    found = laid(lower, upper)
    text = Layered(yaml.safe_dump({"extends": "b.yaml", **upper}), yaml.safe_dump(lower), "b.yaml")
    source = layers.read(text, "a.yaml")

    assert source.value == {"extends": "b.yaml", **found}
    assert set(found) == {
        key for key in {*lower, *upper} if upper.get(key, 0) is not None or key not in lower
    }
    for key in found:
        if key not in upper:
            assert found[key] == lower[key]
            assert source.where((key,))[0] == "b.yaml"
        elif not (isinstance(upper[key], dict) and isinstance(lower.get(key), dict)):
            assert found[key] == upper[key]
            assert source.where((key,))[0] == "a.yaml"
    assert all(_at(source.value, path) is not KeyError for path in source.places)


def _at(value: Any, path: tuple[str | int, ...]) -> object:
    for step in path:
        value = value[step]
    return value
