"""What looks like a secret, and what only looks like it at first sight."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.facts.sglang.catalogue import load, releases
from deployer.secret import HIDDEN, looks_secret, masked, names_secret, within_json

A, N = "AbCdEfGhIjKlMnOpQrStUvWxYz", "0123456789"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nAbCd\n-----END RSA PRIVATE KEY-----"
SECRETS = {
    "aws": f"AKIA{A[:10].upper()}234567",
    "aws session": f"ASIA{A[:10].upper()}234567",
    "github": f"ghp_{A}{N}",
    "github app": f"ghs_{A}{N}",
    "github oauth": f"gho_{A}{N}",
    "github fine": f"github_pat_{A[:11]}_{A}{N}",
    "gitlab": f"glpat-{A[:20]}",
    "slack": f"xoxb-{N}-{N}-{A[:24]}",
    "hugging face": f"hf_{A}{A[:8]}",
    "openai": f"sk-{A}{N}",
    "openai project": f"sk-proj-{A}{N}-{A[:5]}_{A[:4]}",
    "anthropic": f"sk-ant-api03-{A}{N}",
    "modal id": f"ak-{A[:22]}",
    "modal secret": f"as-{A[:22]}",
    "stripe": f"sk_live_{A}",
    "google": f"AIza{A}{N[:9]}",
    "jwt": f"eyJ{A[:20]}.eyJ{A}.{A[:20]}",
    "pem": PEM,
    "npm": f"npm_{A}{N}",
}
LETTERS = ("aws", "aws session", "google")
"""Behind a slash these may be the middle of base64."""

WITHIN = {
    f"postgres://user:{A[:9]}@db.example/x": f"postgres://user:{HIDDEN}@db.example/x",
    f"redis://:{A[:6]}@host": f"redis://:{HIDDEN}@host",
    f"Authorization: Bearer {A}{N}": f"Authorization: Bearer {HIDDEN}",
}
NONE = (
    "f396cf805182f4ca10fa675e1a99815b3ca384db",
    "sha256:" + "0123456789abcdef" * 4,
    "lmsysorg/sglang:v0.5.10.post1-cu130@sha256:" + "ab" * 32,
    "zai-org/GLM-5.1-FP8",
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1_5",
    "hf_transfer",
    "hf_hub_download_with_retries",
    "as-long-as-it-is-needed-by-somebody",
    "ask-me-anything-about-large-models-v2",
    "sk-learn",
    "disk-cache-of-the-kernels-0123456789",
    "risk-assessment-model-of-the-year",
    "https://huggingface.co/zai-org/GLM-5.1-FP8",
    "http://127.0.0.1:8000/v1/chat/completions",
    "postgres://user:${PASSWORD}@db.example/x",
    "postgres://user:<password>@db.example/x",
    "git@github.com:sgl-project/sglang.git",
    "Bearer tokens are read from the environment",
    "Basic understanding-of-the-format",
    "UEsDBBQAAAAIAEtAKIA1234567890ABCDEFxoxbQ==",
    "{% for message in messages %}<|user|>{{ message['content'] }}{% endfor %}",
    "eyJhbGciOiJIUzI1NiJ9",
    "-----BEGIN CERTIFICATE-----",
)
NAMES = ("HF_TOKEN", "API_KEY", "APIKEY", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "api-key",
         "hf_token", "DB_PASSWORD", "MODAL_TOKEN_SECRET", "WANDB_API_KEY", "OPENAI_API_KEY",
         "SSH_PRIVATE_KEY", "GOOGLE_CREDENTIALS")  # fmt: skip
NO_NAMES = ("TOKENIZERS_PARALLELISM", "MAX_TOKENS", "max_total_tokens", "KEYBOARD", "MONKEY",
            "num_draft_tokens", "SGLANG_LOG_DECODE_GRAPH_KEY", "SGLANG_USE_AITER_FP8_PER_TOKEN",
            "TOKEN_BUCKETS", "api_key_env")  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_keys_are_known_by_their_shape_alone_and_within_a_text(name: str) -> None:
    secret = SECRETS[name]

    assert looks_secret(secret)
    assert masked(secret) == HIDDEN
    assert masked(f'the text "{secret}" is no choice') == f'the text "{HIDDEN}" is no choice'
    assert masked(f"key={secret}, other=1") == f"key={HIDDEN}, other=1"
    assert masked(f"https://x.example/{secret}") == f"https://x.example/{HIDDEN}" or name in LETTERS


@pytest.mark.parametrize("text", WITHIN)
def test_of_an_address_or_a_header_only_the_secret_is_hidden(text: str) -> None:
    assert masked(text) == WITHIN[text]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert masked(text) == text
    assert not looks_secret(text)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('{"api_key": "x"}', True),
        (' [{"a": {"hf_token" : "x\\"y"}}]', True),
        ('{"a": 1, "password": "x', True),
        ('{"eos_token": "</s>", "pad_token": "[PAD]", "token": ""}', False),
        ('{"bos_token_id": 1, "max_tokens": "8", "text": "api_key"}', False),
        ('api_key: "x"', False),
    ],
)
def test_json_in_which_a_name_of_a_secret_has_a_text(text: str, *, holds: bool) -> None:
    assert within_json(text) is holds


@pytest.mark.parametrize("name", NAMES)
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", NO_NAMES)
def test_names_that_only_look_alike(name: str) -> None:
    assert not names_secret(name)


def test_of_the_engine_s_own_variables_only_those_that_hold_a_key_are_called_secret() -> None:
    facts = Path("deployer/facts/sglang")
    named = {
        name
        for release in releases()
        for name in json.loads((facts / f"{release}.json").read_text("utf-8"))["variables"]
        if names_secret(name)
    }
    assert named <= {"EXA_API_KEY"}


def test_nothing_of_the_catalogues_and_of_our_own_texts_looks_like_a_secret() -> None:
    for option in load(releases()[-1]).options:
        assert not looks_secret(f"{option.name} {option.help} {option.default}"), option.name
    for path in (*Path("docs").rglob("*.md"), *Path("profiles").rglob("*"), Path("README.md")):
        if path.is_file():
            assert not looks_secret(path.read_text(encoding="utf-8")), path
