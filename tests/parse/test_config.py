"""A `--config` file becomes words, as the engine's own merger makes them."""

from __future__ import annotations

import pytest

from deployer.facts.sglang.catalogue import load
from deployer.parse.config import ConfigError, config_words, merge

NEWEST, OLD = load("0.5.23"), load("0.5.10.post1")


def test_the_file_goes_first_so_that_the_command_line_wins() -> None:
    words = merge(
        NEWEST, ["--tp-size", "8", "--config", "x.yaml", "--port", "1"], lambda _: "tp-size: 4\n"
    )

    assert words == ("--tp-size", "4", "--tp-size", "8", "--port", "1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("model-path: m", ("--model-path", "m")),
        ("trust-remote-code: true", ("--trust-remote-code",)),
        ("trust-remote-code: false", ()),
        ("tp_size: 8", ("--tp_size", "8")),
        ("cuda-graph-bs-decode: [1, 2]", ("--cuda-graph-bs-decode", "1", "2")),
        ("cuda-graph-bs-decode: []", ()),
        ("no-such: true", ("--no-such", "true")),
        ("chat-template: null", ("--chat-template", "None")),
    ],
)
def test_each_kind_of_value(text: str, words: tuple[str, ...]) -> None:
    assert config_words(NEWEST, text) == words


def test_a_mapping_is_json_from_0_5_14_on() -> None:
    text = "model-loader-extra-config: {a: true}"

    assert config_words(NEWEST, text) == ("--model-loader-extra-config", '{"a": true}')
    assert config_words(OLD, text) == ("--model-loader-extra-config", "{'a': True}")


@pytest.mark.parametrize(
    ("words", "text", "message"),
    [
        (["--config"], "", "no file is named"),
        (["--config", "a.yaml", "--config", "b.yaml"], "", "several config files"),
        (["--config", "a.json"], "", "is no .yaml or .yml file"),
        (["--config", "a.yaml"], "- a", "keys and values"),
        (["--config", "a.yaml"], "a: [", "is no YAML"),
        (["--config", "a.yaml"], "a: !!timestamp x", "is no YAML"),
        (["--config", "a.yaml"], "lora-paths: [a]", "refuses `lora-paths`"),
    ],
)
def test_what_the_engine_would_end_over(words: list[str], text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        merge(NEWEST, words, lambda _: text)


def test_equals_is_no_config_file() -> None:
    assert merge(NEWEST, ["--config=x.yaml"], lambda _: "a: 1") == ("--config=x.yaml",)
