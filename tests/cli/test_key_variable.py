"""A profile names the variable of its server's key, and gets at no other of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deployer.apply.agreements import agree, agreed
from deployer.apply.local.connection import Connection
from deployer.apply.local.target import Here
from deployer.cli.key_variable import settle
from deployer.cli.main import main
from deployer.cli.reaching import reach
from deployer.credentials import key_name
from deployer.errors import Failure, UsageError
from tests.check.sane import changed, findings
from tests.engine.releases import release as engine_release
from tests.listening import listening

CANARY = "canary-secret-7f3a9c1e5b"
PROFILE = Path("profiles/cpu-tiny.yaml").read_text(encoding="utf-8")


@dataclass
class Listener:
    """An endpoint that notes every header it is sent, and answers nothing right."""

    url: str
    heard: list[str] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener("")

    class Answer(BaseHTTPRequestHandler):
        def _note(self) -> None:
            found.heard.append(str(self.headers))
            self.send_error(404)

        do_GET = do_POST = _note  # noqa: N815 - the base's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with listening(HTTPServer(("127.0.0.1", 0), Answer)) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        yield found


def profile(tmp_path: Path, variable: str) -> str:
    path = tmp_path / "p.yaml"
    text = PROFILE.replace("serving:\n", f"serving:\n  api_key_env: {variable}\n", 1)
    assert text != PROFILE
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "name", ["API_KEY", "SGLANG_API_KEY", "SERVER_KEY", "API_KEY_STAGING", "DEPLOYER_TEST_KEY"]
)
def test_names_of_a_servers_key(name: str) -> None:
    assert key_name(name) == "usual"


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "HF_TOKEN",
        "HUGGING_FACE_HUB_TOKEN", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "SSH_AUTH_SOCK",
        "MODAL_TOKEN_SECRET", "GOOGLE_APPLICATION_CREDENTIALS", "PGPASSWORD", "DATABASE_URL",
        "aws_secret_access_key", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    ],
)  # fmt: skip
def test_names_of_other_services(name: str) -> None:
    assert key_name(name) == "denied"


@pytest.mark.parametrize("name", ["KEY", "PATH", "STAGE_PASS", "MY_AWS_SECRET", "GLM", "XAPI_KEY"])
def test_names_that_say_nothing(name: str) -> None:
    assert key_name(name) == "unusual"


def test_another_services_credential_is_sent_to_nobody(
    tmp_path: Path,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    path = profile(tmp_path, "AWS_SECRET_ACCESS_KEY")

    for words in (
        ["check", path],
        ["verify", path, "--url", listener.url],
        ["verify", path, "--url", listener.url, "--key-env", "AWS_SECRET_ACCESS_KEY"],
        ["apply", path, "--yes"],
        ["apply", path, "--yes", "--key-env", "AWS_SECRET_ACCESS_KEY"],
    ):
        assert main(words) == 1, words
        said = "".join(capsys.readouterr())
        assert "key-of-another-service" in said
        assert CANARY not in said
    assert listener.heard == []


def test_an_odd_name_is_sent_only_where_somebody_agrees(
    tmp_path: Path,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STAGE_PASS", CANARY)
    path = profile(tmp_path, "STAGE_PASS")
    ask = ["verify", path, "--url", listener.url, "--probe", "models"]

    assert main(ask) == 2
    said = capsys.readouterr().err
    assert "--key-env STAGE_PASS" in said
    assert "key-name-unusual" in said
    assert main(["apply", path, "--yes"]) == 2
    assert listener.heard == []

    assert main([*ask, "--key-env", "API_KEY"]) == 2
    assert "takes its key from STAGE_PASS" in capsys.readouterr().err
    assert listener.heard == []

    main([*ask, "--key-env", "STAGE_PASS"])
    assert CANARY in "".join(listener.heard)


@pytest.mark.parametrize(
    ("secret", "found"),
    [("aws-secret", True), ("my-huggingface-secret", True), ("deepseek-v3-key", False)],
)
def test_the_secret_of_another_service_is_found(secret: str, found: bool) -> None:
    told = findings(changed({"modal": {"api_key_secret": secret}}))

    assert ("key-name-unusual" in {finding.check for finding in told}) is found


def test_a_profile_without_a_key_is_sent_none(
    tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", CANARY)

    main(["verify", profile(tmp_path, "null"), "--url", listener.url, "--probe", "models"])

    assert listener.heard
    assert CANARY not in "".join(listener.heard)


def test_a_terminal_is_asked_once_for_each_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, True, True])
    questions: list[str] = []

    def confirm(question: str, **_options: object) -> bool:
        questions.append(question)
        return next(answers)

    monkeypatch.setenv("STAGE_PASS", CANARY)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.confirm", confirm)
    one, other = str(tmp_path / "one.yaml"), str(tmp_path / "other.yaml")

    with pytest.raises(UsageError, match="was not sent"):
        settle("STAGE_PASS", one)
    settle("STAGE_PASS", one)
    settle("STAGE_PASS", one)
    settle("STAGE_PASS", other)

    assert len(questions) == 3
    assert all(CANARY not in question for question in questions)
    with pytest.raises(Failure, match="is sent to no server"):
        settle("AWS_SECRET_ACCESS_KEY", one)


def test_a_damaged_list_of_agreements_agrees_to_nothing(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    agree("a.yaml", "X", environ)
    assert agreed("a.yaml", "X", environ)
    assert not agreed("a.yaml", "Y", environ)
    file = tmp_path / "deployer" / "key-variables.json"
    for junk in ("", "[", '{"format_version": 1, "agreed": [["a.yaml"]]}', '{"agreed": 1}'):
        file.write_text(junk, encoding="utf-8")
        assert not agreed("a.yaml", "X", environ)


def test_a_named_variable_that_holds_nothing_is_not_asking_without_a_key(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NOPE", raising=False)
    for verb in ("verify", "bench", "canary"):
        assert main([verb, "--url", listener.url, "--key-env", "NOPE"]) == 2
        assert "--key-env says NOPE, which is not set" in capsys.readouterr().err
    assert listener.heard == []


@pytest.mark.parametrize("verb", ["verify", "bench", "canary"])
def test_a_model_beside_a_profile_is_not_left_out_of_account(
    verb: str, tmp_path: Path, listener: Listener, capsys: pytest.CaptureFixture[str]
) -> None:
    path = profile(tmp_path, "API_KEY")

    for more in ([], ["--url", listener.url]):
        assert main([verb, path, "--model", "another", *more]) == 2
        assert "--model is about --url alone" in capsys.readouterr().err
    assert listener.heard == []


def test_a_server_of_this_machine_has_its_own_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its key lies in a file, or in the variable that it was applied with."""
    release = engine_release()
    here = Connection(release, "http://127.0.0.1:1", "k", lambda: None, lambda _: "")
    monkeypatch.setattr("deployer.apply.local.connection.connect", lambda _: here)
    monkeypatch.setattr("deployer.cli.target.target_of", lambda _: Here("demo"))
    with pytest.raises(UsageError, match="`demo` takes no key from a variable"):
        reach("demo", "NOPE")
    assert reach("demo", None).endpoint.api_key == "k"

    monkeypatch.setattr(
        "deployer.apply.local.connection.connect", lambda _: replace(here, variable="API_KEY")
    )
    with pytest.raises(UsageError, match="takes its key from API_KEY"):
        reach("demo", "NOPE")
    assert reach("demo", "API_KEY").endpoint.api_key == "k"
