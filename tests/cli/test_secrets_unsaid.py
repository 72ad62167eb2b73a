"""A secret that stands in the wrong place is found, and repeated in no finding of any format."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.cli.main import main

BY_SHAPE = f"hf_{'AbCdEfGhIjKlMnOp' * 2}"
BY_NAME = "correct horse/battery+staple&co"
LONG = "x1Y2" * 40
MISPLACED = {
    "an unknown key": f"hf_token: {BY_SHAPE}\n",
    "an unknown key, no shape": f'api_key: "{BY_NAME}"\n',
    "an unknown key, long": f"password: {LONG}\n",
    "in a section": f"serving:\n  api_key: {BY_SHAPE}\n",
    "in braces": f"serving: {{token: '{BY_NAME}', port: eighty}}\n",
    "of the wrong type": f"hardware:\n  gpu: B200\n  count: {BY_SHAPE}\n",
    "no choice": f"target: {BY_SHAPE}\n",
    "of the wrong form": f"serving:\n  api_key_env: {BY_SHAPE}-x\n",
    "a name of a secret": f"modal:\n  hub_secret: {BY_SHAPE}\n",
    "a variable": f'engine:\n  env:\n    AWS_SECRET_ACCESS_KEY: "{BY_NAME}"\n',
    "a variable, not a text": "engine:\n  env:\n    DB_PASSWORD: 31415926535\n",
    "an argument": f"engine:\n  args:\n    api-key: {BY_SHAPE}\n",
    "an argument, in a list": f"engine:\n  args:\n    otlp-header: [{BY_SHAPE}]\n",
    "a key": f"{BY_SHAPE}: true\n",
    "an address": "model:\n  path: postgres://me:S3cretWord@db/x\n",
    "a block": f"token: |\n  {BY_NAME}\n  {LONG}\n",
    "in PEM": f"x: |\n  -----BEGIN PRIVATE KEY-----\n  {LONG}\n  -----END PRIVATE KEY-----\n",
    "twice": f"secret: {BY_SHAPE}\nsecret: {BY_NAME}\n",
    "no YAML at all": f'hf_token: "{BY_SHAPE}\n',
    "no YAML, no shape": f"password: {LONG}: {LONG}\n",
    "a tab": f"model:\n\ttoken: {BY_SHAPE}\n",
    "an anchor": f"token: &{LONG} x\n",
    "a boolean key": f"on: {BY_SHAPE}\n",
}
TOLD = (BY_SHAPE, BY_NAME, "battery", LONG[:30], "31415926535", "S3cretWord")


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
@pytest.mark.parametrize("where", MISPLACED)
def test_no_format_repeats_it(
    where: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"name: x\n{MISPLACED[where]}", encoding="utf-8")

    assert main(["check", "--format", form, str(path)]) == 1

    shown = capsys.readouterr()
    assert "p.yaml" in shown.out
    for secret in TOLD:
        assert secret not in shown.out + shown.err


def test_the_place_is_said_all_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"name: x\nhf_token: {BY_SHAPE}\nnam: y\n", encoding="utf-8")
    main(["check", str(path)])

    shown = capsys.readouterr().out
    assert "p.yaml:2:1: error[unknown-key]: `hf_token` is not a key" in shown
    assert "3 | nam: y" in shown


def test_names_of_secrets_on_modal_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("name: x\nmodal:\n  api_key_secret: no good\n", encoding="utf-8")
    main(["check", str(path)])

    assert "3 |   api_key_secret: no good" in capsys.readouterr().out
