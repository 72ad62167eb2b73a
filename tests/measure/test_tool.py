"""How the tool is started, what it is kept from, and what is said of its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.engine.environment import EngineEnvironment
from deployer.errors import Failure, UsageError
from deployer.measure.tokenizer import copied
from deployer.measure.tool import FRONT, FRONTED, Tool
from deployer.verify.endpoint import Endpoint
from tests.measure.made import ENDPOINT, KEY, LOAD, written

ENGINE = EngineEnvironment("0.5.23", Path("/engine"), Path("/engine/bin/python3"), "0")
BAR = " 12%|#2        | 5/40 [00:00<00:03, 11.60it/s]"


class Ran:
    """Runs nothing: writes a result where the tool would, says its lines, and ends as told."""

    def __init__(self, *lines: str, result: str | None = None, end: Failure | None = None) -> None:
        self.lines, self.result, self.end = lines, result, end
        self.words: list[str] = []
        self.env: dict[str, str] = {}

    def __call__(
        self,
        command: Sequence[str],
        *,
        doing: str,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> None:
        del doing
        self.words, self.env = list(command), dict(env)
        for line in self.lines:
            on_line(line)
        if self.result is not None:
            output = Path(self.words[self.words.index("--output-file") + 1])
            output.write_text(self.result, "utf-8")
        if self.end is not None:
            raise self.end


def measured(ran: Ran, endpoint: Endpoint = ENDPOINT) -> tuple[Mapping[str, object], list[int]]:
    told: list[int] = []
    environ = {"PATH": "/bin", "HTTP_PROXY": "http://proxy", "HF_TOKEN": "hf_canary"}
    found = Tool(ENGINE, ran).measure(
        endpoint, "glm-tiny", Path("/tokenizer"), LOAD, lambda done, _: told.append(done), environ
    )
    return found, told


def test_the_key_is_in_its_environment_alone_and_nobody_elses_secret_is() -> None:
    ran = Ran(BAR, result=json.dumps(written([0.1]) | {"server_info": {"api_key": KEY}}))
    found, told = measured(ran)
    assert told == [5]
    assert KEY not in str(found)
    assert KEY not in " ".join(ran.words)
    assert ran.env["OPENAI_API_KEY"] == KEY
    assert "HF_TOKEN" not in ran.env
    assert ran.env["HF_HUB_OFFLINE"] == "1"


@pytest.mark.parametrize(
    ("url", "proxied"), [("http://127.0.0.1:9", False), ("https://elsewhere.example", True)]
)
def test_only_what_is_elsewhere_is_reached_by_a_proxy(url: str, proxied: bool) -> None:
    ran = Ran(result=json.dumps(written([0.1])))
    measured(ran, Endpoint(url))
    assert ("HTTP_PROXY" in ran.env) is proxied
    assert "OPENAI_API_KEY" not in ran.env


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "--dataset-name random-ids --random-range-ratio 1 --random-input-len 128 "),
        ({}, "--max-concurrency 4 --dataset-name"),
        ({}, "--random-output-len 5"),
        ({"concurrency": None, "rate": 2.5}, "--request-rate 2.5 --dataset-name random-ids"),
        ({"prefix": 512, "groups": 8}, "--gsp-num-groups 8 --gsp-prompts-per-group 10 "),
        ({"prefix": 512, "groups": 8}, "--gsp-system-prompt-len 512 --gsp-question-len 128"),
        ({"trace": "asked.jsonl"}, "--dataset-name openai --dataset-path asked.jsonl "),
        ({"trace": "asked.jsonl"}, "--disable-ignore-eos"),
    ],
)
def test_a_load_is_said_in_the_tools_words(changes: dict[str, object], words: str) -> None:
    load = replace(LOAD, **changes)  # type: ignore[arg-type]
    said = " ".join(Tool(ENGINE).words(ENDPOINT, "m", Path("/t"), load, Path("/o")))
    assert words in said
    assert "--num-prompts 80" in said
    assert '{"stream_options": {"include_usage": true}}' in said


def test_what_it_died_of_is_said_in_one_sentence_without_the_key() -> None:
    lines = ("Traceback (most recent call last):", f"ValueError: Warmup failed: 401 for {KEY}")
    with pytest.raises(Failure) as found:
        measured(Ran(*lines, end=Failure("measuring failed with exit status 1")))
    assert found.value.message == (
        "the load could not be put on the endpoint: ValueError: Warmup failed: 401 for [key]"
    )
    assert found.value.__cause__ is None
    assert found.value.__context__ is None


@pytest.mark.parametrize("result", [None, "", "[]", "{"])
def test_no_result_is_no_figure(result: str | None) -> None:
    with pytest.raises(Failure, match="result"):
        measured(Ran(result=result))


def test_nothing_is_sent_where_the_guard_objects() -> None:
    def guard() -> None:
        message = "somebody else listens there"
        raise Failure(message)

    ran = Ran(result="{}")
    with pytest.raises(Failure, match="somebody else"):
        measured(ran, Endpoint("http://127.0.0.1:9", KEY, guard=guard))
    assert not ran.words


def test_headers_are_in_its_environment_alone_and_what_it_says_of_them_is_hidden() -> None:
    headers = {"Modal-Key": "wk-canary", "Modal-Secret": "ws-canary"}
    lines = ("Traceback (most recent call last):", "ValueError: 401 for wk-canary, ws-canary")
    ran = Ran(*lines, end=Failure("measuring failed with exit status 1"))
    with pytest.raises(Failure) as found:
        measured(ran, Endpoint("https://host", KEY, headers=headers))
    assert found.value.message.endswith("ValueError: 401 for [key], [key]")
    assert "canary" not in " ".join(ran.words)
    assert ran.words[1:3] == ["-m", FRONTED]
    assert json.loads(ran.env[FRONT]) == {"url": "https://host", "headers": headers}


def test_a_tokenizer_comes_without_code(tmp_path: Path) -> None:
    source, into = tmp_path / "source", tmp_path / "into"
    source.mkdir()
    into.mkdir()
    config = {"auto_map": {"AutoTokenizer": "a/b--code.Tokenizer"}, "model_max_length": 9}
    (source / "tokenizer.json").write_text("{}")
    (source / "tokenizer_config.json").write_text(json.dumps(config))
    (source / "code.py").write_text("raise SystemExit")
    copied(source, into)
    assert sorted(path.name for path in into.iterdir()) == [
        "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    assert json.loads((into / "tokenizer_config.json").read_text()) == {"model_max_length": 9}


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "into").mkdir()
    with pytest.raises(UsageError, match="there is no tokenizer in"):
        copied(tmp_path, tmp_path / "into")
