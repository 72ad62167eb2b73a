"""What can run code or reach outside is classified, in every catalogued release."""

from __future__ import annotations

import re

import pytest

from deployer.facts.sglang.catalogue import load, shipped
from deployer.facts.sglang.powers import BY_VALUE, HARMLESS, OPTIONS, Power, of_option, of_variable

NAME = re.compile(
    r"(^|-)(path|paths|file|files|dir|folder|url|urls|endpoints?|addr|address|host|hostname|ips?"
    r"|hooks?|loader|modules?|template|socket|plugin|package|class|code|target|domains|config"
    r"|sidecar|server|uri|script|import|custom|trust|map|profile)(-|$)"
)
HELP = re.compile(
    r"import path|\bmodule|callable|\bplugin|\bpath (of|to)|file path|folder path|local folder"
    r"|\bfile\b|\bdirectory|\bURLs?\b|host:port|ip.*port|HF repo|Hugging ?Face repo|remote code"
    r"|own modeling|untrusted|arbitrary|user.*custom|class name|python",
    re.IGNORECASE,
)


@pytest.mark.parametrize("version", shipped())
def test_every_option_that_speaks_of_code_files_or_addresses_is_classified(version: str) -> None:
    open_ = [
        option.name
        for option in load(version)
        if (NAME.search(option.name.lstrip("-")) or HELP.search(option.help))
        and not {*option.strings} & {*OPTIONS, *HARMLESS, *BY_VALUE}
    ]

    assert open_ == []


def test_the_tables_name_options_that_exist_and_no_option_twice() -> None:
    known = {
        string for version in shipped() for option in load(version) for string in option.strings
    }

    assert {*OPTIONS, *HARMLESS, *BY_VALUE} <= known
    assert not {*OPTIONS} & HARMLESS


@pytest.mark.parametrize(
    ("name", "power"),
    [
        ("LD_PRELOAD", "loader"), ("LD_AUDIT", "loader"), ("DYLD_INSERT_LIBRARIES", "loader"),
        ("PYTHONPATH", "loader"), ("PYTHONSTARTUP", "loader"), ("PYTHONHOME", "loader"),
        ("GCONV_PATH", "loader"), ("BASH_ENV", "loader"), ("NODE_OPTIONS", "loader"),
        ("PATH", "loader"), ("CUDA_INJECTION64_PATH", "loader"), ("GIT_SSH_COMMAND", "loader"),
        ("TORCH_EXTENSIONS_DIR", "loader"), ("NCCL_NET_PLUGIN", "loader"), ("CXX", "loader"),
        ("TRITON_PTXAS_PATH", "loader"), ("HOME", "loader"),
        ("SGLANG_PLUGINS", "code"), ("SGLANG_EXTERNAL_MODEL_PACKAGE", "code"),
        ("SGLANG_HTTP_SERVER_APP_PATH", "code"),
        ("https_proxy", "address"), ("ALL_PROXY", "address"), ("HF_ENDPOINT", "address"),
        ("SSL_CERT_FILE", "address"), ("NOBODY_KNOWS", "unknown"),
    ],
)  # fmt: skip
def test_what_a_variable_can_do(name: str, power: str) -> None:
    held = of_variable(name, known=False)

    assert held is not None
    assert held.power == power


@pytest.mark.parametrize(
    "name",
    [
        "PYTHONUNBUFFERED", "PYTHONHASHSEED", "NCCL_DEBUG", "OMP_NUM_THREADS", "HF_HUB_OFFLINE",
        "CUDA_VISIBLE_DEVICES", "DEPLOYER_CPU_PLATFORM", "TZ", "LC_ALL",
    ],
)  # fmt: skip
def test_what_only_looks_alike(name: str) -> None:
    assert of_variable(name, known=False) is None


def test_a_release_vouches_for_its_own_names_but_not_for_what_they_run() -> None:
    assert of_variable("SGLANG_ENABLE_SPEC_V2", known=True) is None
    held = of_variable("SGLANG_PLUGINS", known=True)
    assert held is not None
    assert held.power is Power.CODE


@pytest.mark.parametrize(
    ("flag", "value", "power"),
    [
        ("--forward-hooks", "[]", Power.CODE),
        ("--custom-weight-loader", "a.b", Power.CODE),
        ("--sidecar", "a", Power.CODE),
        ("--config", "/x.yaml", Power.CODE),
        ("--trust-remote-code", "", Power.REPOSITORY),
        ("--hicache-storage-backend", "mooncake", Power.FILE),
        ("--hicache-storage-backend", "dynamic", Power.CODE),
        ("--hicache-storage-backend-extra-config", '{"module_path": "x"}', Power.CODE),
        ("--hicache-storage-backend-extra-config", "@/x.json", Power.CODE),
        ("--tokenizer-path", "a/b", Power.REPOSITORY),
        ("--encoder-urls", "http://e", Power.ADDRESS),
    ],
)
def test_what_an_option_can_do(flag: str, value: str, power: Power) -> None:
    held = of_option(flag, value, known=True)

    assert held is not None
    assert held.power is power


def test_an_option_that_nobody_knows_is_unknown_and_not_harmless() -> None:
    held = of_option("--nobody-knows", known=False)

    assert held is not None
    assert held.power is Power.UNKNOWN
    assert of_option("--max-running-requests", "5", known=True) is None
