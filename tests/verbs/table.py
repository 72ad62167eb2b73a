"""Every verb in every circumstance: the call, its exit code, and its words.

`here.yaml` is a profile for this machine, `modal.yaml` one for Modal, `old/old.yaml` one with a
flag that was renamed, `demo` a local deployment whose state is damaged; `STATE` and `DATA` are the
folders of both.
"""

from __future__ import annotations

import sys

from tests.verbs.cells import FULL, Cell, Row, Without

PYTHON = f"py{sys.version_info[0]}.{sys.version_info[1]}"

LAUNCH = "-- python3 -m sglang.launch_server --model-path a/b"

TOKEN = "there is no Modal token on this machine"
REACH = "Modal cannot be reached at 127.0.0.1: Connection refused"
NOBODY = (
    "it is not known whether there is a deployment named `nobody`: it is not on record on this "
    f"machine, and Modal was not asked: {TOKEN}"
)
NO_START = "no start of `b200-fp8-eagle` is on record here, and "
ENGINE = "SGLang 0.5.23 is not installed here, and only it knows what it would do"
PREDICT = "predictions are made by NVIDIA's aiconfigurator, which is not installed here"
UNKNOWN = "SGLang 0.0.1 is not known here"
NO_FILE_READ = Without("it reads no profile")
NO_PATTERN = Without("it takes no file")
WRITES_NOTHING = Without("it writes no file")
ASKS_NOBODY = Without("it asks nobody, as the column of the network shows")
SHOWS_LATE = Without("it shows its result after a server has started, and none can here")

SHOWS_MEASURED = Without("it shows and writes what was measured, and nothing serves here")


NO_MATCH = "`nothere/*.yaml` matches nothing: there is no folder nothere"


def _reads(call: str, option: str = "", *, many: bool = False) -> Row:
    """Give what every verb says of a profile that is not there, or cannot be read.

    One that takes ``many`` profiles expands a pattern by itself.
    """
    return {
        "no file": Cell(f"{call} no.yaml{option}", 2, "no.yaml: there is no such file"),
        "no match": Cell(
            f"{call} 'nothere/*.yaml'{option}",
            2,
            NO_MATCH if many else "nothere/*.yaml: there is no such file",
        ),
        "no permission": Cell(f"{call} here.yaml{option}", 2, "here.yaml: Permission denied"),
    }


def _shows(call: str, start: str, keys: str) -> Row:
    """Give what becomes of a result that is there without anybody being asked."""
    return {
        "no network": Cell(call, 0, start),
        "no token": ASKS_NOBODY,
        "full output": Cell(call, 1, FULL),
        "closed pipe": Cell(call, 141, ""),
        "full disk": WRITES_NOTHING,
        "json": Cell(f"{call} --format json", 0, keys),
    }


def _on_modal(call: str) -> Row:
    """Give what a verb says that can do nothing without Modal's answer."""
    return {
        "no network": Cell(call, 1, REACH),
        "no token": Cell(call, 1, TOKEN),
        "full output": Without("it shows nothing before Modal has answered"),
        "closed pipe": Without("it shows nothing before Modal has answered"),
        "full disk": WRITES_NOTHING,
        "json": Cell(f"{call} --format json", 1, "error"),
    }


DENIED = "STATE/local/nobody/state.json cannot be read: permission denied"
FINDINGS = "format_version checked counts findings"

TABLE: dict[str, Row] = {
    "init": {
        "no file": NO_FILE_READ,
        "no match": NO_PATTERN,
        "no permission": NO_FILE_READ,
        **_shows("init --target local", "# yaml-language-server", "format_version profile"),
        "no network": Cell(
            "init --target modal --gpu H100 --model a/b", 1,
            "asking huggingface.co for a/b failed 3 times, at last because huggingface.co "
            "cannot be reached",
        ),
        "no token": Without("the hub shows its public repositories to everybody"),
        "wrong name": Cell("init --target modal --gpu H1 --model a/b", 2, "`H1` is no GPU type"),
        "full disk": Cell(
            "init --target local -o new.yaml", 1, "new.yaml could not be written: File too large"
        ),
    },
    "check": {
        **_reads("check"),
        "no match": Cell("check 'nothere/*.yaml'", 2, NO_MATCH),
        "no permission": Cell(
            "check here.yaml", 2, "stdout: here.yaml: error[unreadable-file]: here.yaml: Perm"
        ),
        **_shows("check here.yaml", "here.yaml: fine\n", FINDINGS),
        "wrong name": Cell("check --select nosuch here.yaml", 2, "there is no check `nosuch`"),
        "full disk": Cell(
            "check --fix old/old.yaml", 1, "HERE/old/old.yaml could not be written: File too large"
        ),
    },
    "explain": {
        "no file": NO_FILE_READ,
        "no match": NO_PATTERN,
        "no permission": NO_FILE_READ,
        **_shows("explain unknown-key", "error unknown-key\n", "format_version checks"),
        "wrong name": Cell("explain nosuch", 2, "there is no check and no failure `nosuch`"),
    },
    "fit": {
        **_reads("fit"),
        **_shows(
            "fit modal.yaml",
            "b200-fp8-eagle: zai-org/GLM-5.1-FP8 on B200",
            "format_version name model model_source gpu engine gib kv mem_fraction_static tokens "
            "error_percent",
        ),
        "wrong name": Cell("fit modal.yaml --model-config no.json", 2,
                           "no.json: there is no such file"),
    },
    "compile": {
        **_reads("compile"),
        "no match": Cell("compile 'nothere/*.yaml'", 2, NO_MATCH),
        **_shows("compile here.yaml", "# Compiled by `deployer compile", "format_version name"),
        "wrong name": Cell("compile --check compiled/no.flags", 2,
                           "no.yaml: there is no such file"),
        "full disk": Cell("compile --write here.yaml", 1,
                          "compiled/here.flags could not be written: File too large"),
    },
    "lock": {
        "no file": Cell("lock no.yaml", 2, "no.yaml: there is no such file"),
        "no match": Cell("lock 'nothere/*.yaml'", 2, NO_MATCH),
        "wrong name": Cell("lock --online modal.yaml", 2,
                           "--online is about --check: without it the hub is always asked"),
        "no network": Cell("lock modal.yaml", 1, "asking huggingface.co for zai-org/GLM-5.1-FP8 "
                           "failed 3 times, at last because huggingface.co cannot be reached"),
        "no token": Without("the hub shows its public repositories to everybody"),
        "no permission": Cell("lock here.yaml", 2, "here.yaml: Permission denied"),
        "full output": Cell("lock --check modal.yaml", 1, FULL),
        "closed pipe": Cell("lock --check modal.yaml", 141, ""),
        "full disk": Without("nobody answers here; tests/lock fills the disk where a hub does"),
        "json": Cell("lock --check modal.yaml --format json", 1, "format_version locks"),
    },
    "diff": {
        **_reads("diff here.yaml"),
        **_shows("diff here.yaml modal.yaml", "modal.yaml (was here", "format_version changed"),
        "wrong name": Cell("diff --base nosuch", 2,
                           "this is no git repository, so there is nothing to compare with"),
    },
    "upgrade": {
        **_reads("upgrade"),
        **_shows("upgrade modal.yaml --engine 0.5.20", "modal.yaml: SGLang", "format_version file"),
        "wrong name": Cell("upgrade here.yaml --engine 0.0.1", 2, UNKNOWN),
        "full disk": Cell("upgrade modal.yaml --engine 0.5.20 --write", 1,
                          "HERE/modal.yaml could not be written: File too large"),
    },
    "import": {
        **_reads("import --config"),
        **_shows(f"import --gpu H100 {LAUNCH}", "# yaml-language-server", ""),
        "json": Cell(
            f"import --gpu H100 --format json {LAUNCH}", 0, "format_version profile engine"
        ),
        "wrong name": Cell("import no-such-file", 2, "no-such-file: there is no such file"),
        "full disk": Cell(f"import --out new.yaml {LAUNCH}", 1,
                          "new.yaml could not be written: File too large"),
    },
    "eject": {
        **_reads("eject --to modal"),
        **_shows("eject modal.yaml --to compose", "# zai-org/GLM-5.1", "format_version to text"),
        "wrong name": Cell("eject here.yaml --to modal", 1,
                           "`cpu-tiny` is for `target: local`, where the engine is deployer's own"),
        "full disk": Cell("eject modal.yaml --to docker -o new.sh", 1,
                          "new.sh could not be written: File too large"),
    },
    "resolve": {
        **_reads("resolve"),
        "wrong name": Cell("resolve here.yaml --engine 0.0.1", 2, UNKNOWN),
        "no network": Cell("resolve here.yaml", 1, ENGINE),
        "no token": ASKS_NOBODY,
        "full output": Without("it shows nothing without the engine"),
        "closed pipe": Without("it shows nothing without the engine"),
        "full disk": WRITES_NOTHING,
        "json": Cell("resolve here.yaml --format json", 1, "error"),
    },
    "plan": {
        **_reads("plan", many=True),
        "wrong name": Cell("plan nosuch", 2, "nosuch: there is no such file"),
        "no network": Cell("plan modal.yaml", 1, REACH),
        "no token": Cell("plan modal.yaml", 1, TOKEN),
        "full output": Cell("plan modal.yaml --offline", 1, FULL),
        "closed pipe": Cell("plan modal.yaml --offline", 141, ""),
        "full disk": Without("what it writes is a plan that was made online"),
        "json": Cell("plan modal.yaml --format json", 1, "error"),
    },
    "cost": {
        **_reads("cost", many=True),
        **_shows("cost modal.yaml", "b200-fp8-eagle (", "format_version name"),
        "wrong name": Cell("cost nosuch", 2, "nosuch: there is no such file"),
    },
    "predict": {
        **_reads("predict"),
        "wrong name": Cell("predict nosuch", 2, "nosuch: there is no such file"),
        "no network": Cell("predict modal.yaml", 1, PREDICT),
        "no token": ASKS_NOBODY,
        "full output": Without("it shows nothing without its package"),
        "closed pipe": Without("it shows nothing without its package"),
        "full disk": WRITES_NOTHING,
        "json": Cell("predict modal.yaml --format json", 1, "error"),
    },
    "apply": {
        **_reads("apply --yes", many=True),
        **_on_modal("apply modal.yaml --yes --no-verify"),
        "wrong name": Cell("apply nosuch", 2, "nosuch: there is no such file"),
        "full output": SHOWS_LATE,
        "closed pipe": SHOWS_LATE,
        "full disk": Cell("apply here.yaml --yes", 1, "STATE/local/cpu-tiny: file too large"),
    },
    "status": {
        **_reads("status", many=True),
        "wrong name": Cell("status nobody", 1, NOBODY),
        "no network": Cell(
            "status modal.yaml", 1, "stdout: b200-fp8-eagle\n  state     not reached\n"
        ),
        "no token": Cell("status modal.yaml", 1, "stdout: b200-fp8-eagle\n  state     not asked\n"),
        "no permission": Cell("status", 1, "STATE/local cannot be read: permission denied"),
        "full output": Cell("status demo", 1, FULL),
        "closed pipe": Cell("status demo", 141, ""),
        "full disk": WRITES_NOTHING,
        "json": Cell("status demo --format json", 1, "format_version at deployments"),
    },
    "logs": {
        **_reads("logs"),
        **_on_modal("logs modal.yaml"),
        "wrong name": Cell("logs nobody", 1, NOBODY),
        "no permission": Cell("logs nobody", 1, DENIED),
        "full output": Cell("logs demo", 1, FULL),
        "closed pipe": Cell("logs demo", 141, ""),
        "json": Without("a log is lines, not a value; `--format json` is wrong usage, as JSON"),
    },
    "diagnose": {
        **_on_modal("diagnose modal.yaml"),
        "no file": Cell("diagnose no.log", 2, "no.log: there is no such file"),
        "no match": Cell("diagnose 'nothere/*.log'", 2, "nothere/*.log: there is no such file"),
        "wrong name": Cell("diagnose nobody", 1, NOBODY),
        "no permission": Cell("diagnose nobody", 1, DENIED),
        "full output": Cell("diagnose demo", 1, FULL),
        "closed pipe": Cell("diagnose demo", 141, ""),
        "json": Cell("diagnose demo --format json", 0, "format_version log lines starts"),
    },
    "top": {
        **_reads("top"),
        **_on_modal("top modal.yaml"),
        "wrong name": Cell("top nobody", 1, NOBODY),
        "no permission": Cell("top nobody", 1, DENIED),
        "full output": SHOWS_LATE,
        "closed pipe": SHOWS_LATE,
    },
    "timeline": {
        **_reads("timeline"),
        **_on_modal("timeline modal.yaml"),
        "no network": Cell("timeline modal.yaml", 1, f"{NO_START}{REACH}"),
        "no token": Cell("timeline modal.yaml", 1, f"{NO_START}{TOKEN}"),
        "wrong name": Cell("timeline nobody", 1, NOBODY),
        "no permission": Cell("timeline nobody", 1, DENIED),
        "full output": Cell("timeline demo", 1, FULL),
        "closed pipe": Cell("timeline demo", 141, ""),
        "full disk": Cell("timeline demo --html page.html", 1,
                          "page.html could not be written: File too large"),
        "json": Cell("timeline demo --format json", 0, "format_version name starts over slower"),
    },
    "keys": {
        **_reads("keys"),
        "no network": Cell("keys modal.yaml", 2,
                           "the keys of `b200-fp8-eagle` are in its secret on Modal, which "
                           "cannot be read"),
        "no token": ASKS_NOBODY,
        "wrong name": Cell("keys nobody", 2,
                           "there is no deployment named `nobody` on record on this machine"),
        "no permission": Cell("keys nobody", 1, DENIED),
        "full output": Without("the state of `demo` is damaged, and so are its keys unknown"),
        "closed pipe": Without("as above"),
        "full disk": Without("as above"),
        "json": Cell("keys demo --format json", 1, "error"),
    },
    "secrets": {
        **_reads("secrets"),
        **_on_modal("secrets modal.yaml"),
        "wrong name": Cell("secrets nobody", 1, NOBODY),
        "no permission": Cell("secrets nobody", 1, DENIED),
    },
    "history": {
        **_reads("history"),
        **_on_modal("history modal.yaml"),
        "wrong name": Cell("history nobody", 1, NOBODY),
        "no permission": Cell("history nobody", 1, DENIED),
    },
    "rollback": {
        **_reads("rollback"),
        **_on_modal("rollback modal.yaml --yes"),
        "wrong name": Cell("rollback nobody", 1, NOBODY),
        "no permission": Cell("rollback nobody", 1, DENIED),
    },
    "drift": {
        **_reads("drift", many=True),
        **_on_modal("drift modal.yaml"),
        "wrong name": Cell("drift nobody", 1, NOBODY),
        "no permission": Cell("drift nobody", 1, DENIED),
    },
    "destroy": {
        **_reads("destroy"),
        **_on_modal("destroy modal.yaml --yes"),
        "wrong name": Cell("destroy nobody --yes", 1, NOBODY),
        "no permission": Cell("destroy demo --yes", 1, "STATE/local/demo: Permission denied"),
        "full output": Cell("destroy demo --yes", 1, FULL),
        "closed pipe": Cell("destroy demo --yes", 141, ""),
        "full disk": Cell("destroy demo --yes", 1, "STATE/local/demo: file too large"),
        "json": Cell("destroy demo --yes --format json", 0, "format_version name target"),
    },
    "verify": {
        **_reads("verify"),
        **_on_modal("verify modal.yaml"),
        "wrong name": Cell("verify nobody", 1, NOBODY),
        "no permission": Cell("verify nobody", 1, DENIED),
        "full output": Cell("verify --url http://127.0.0.1:9", 1, FULL),
        "closed pipe": Cell("verify --url http://127.0.0.1:9", 141, ""),
        "json": Cell("verify --url http://127.0.0.1:9 --format json", 1, "format_version passed"),
    },
    "bench": {
        **_reads("bench"),
        **_on_modal("bench modal.yaml"),
        "wrong name": Cell("bench nobody", 1, NOBODY),
        "no permission": Cell("bench nobody", 1, DENIED),
        "full output": SHOWS_MEASURED,
        "closed pipe": SHOWS_MEASURED,
        "full disk": SHOWS_MEASURED,
        "json": Cell("bench --url http://127.0.0.1:9 --format json", 1, "error"),
    },
    "canary": {
        **_reads("canary"),
        **_on_modal("canary modal.yaml"),
        "wrong name": Cell("canary nobody", 1, NOBODY),
        "no permission": Cell("canary nobody", 1, DENIED),
        "full output": SHOWS_MEASURED,
        "closed pipe": SHOWS_MEASURED,
        "full disk": SHOWS_MEASURED,
        "json": Cell("canary --url http://127.0.0.1:9 --format json", 1, "error"),
    },
    "catalogue": {
        "no file": Cell("catalogue add --wheel no.whl", 2,
                        "invalid value for '--wheel': File 'no.whl' does not exist"),
        "no match": Cell("catalogue add --wheel 'nothere/*.whl'", 2,
                         "invalid value for '--wheel': File 'nothere/*.whl' does not exist"),
        **_shows("catalogue list", "0.5.9  shipped with deployer\n", "format_version shipped"),
        "wrong name": Cell("catalogue remove 0.0.1", 2,
                           "no catalogue of SGLang 0.0.1 was added to nowhere"),
        "no network": Cell("catalogue add 0.5.99", 1, "whether SGLang 0.5.99 is published is not "
                           "known: pip's package index gave no list of releases"),
        "no permission": Cell(
            "catalogue add --wheel here.yaml",
            1,
            "here.yaml is not a wheel of SGLang that can be read: "
            "[Errno 13] Permission denied: 'here.yaml'",
        ),
    },
    "engine": {
        "no file": NO_FILE_READ,
        "no match": NO_PATTERN,
        **_shows("engine status", "SGLang 0.5.23 for the CPU: not installed\n",
                 "format_version engines"),
        "wrong name": Cell("engine remove 0.0.1", 2, UNKNOWN),
        "no permission": Cell("engine remove", 1,
                              f"DATA/engines/sglang-0.5.23-cpu-{PYTHON}: Permission denied"),
    },
    "schema": {
        "no file": NO_FILE_READ,
        "no match": NO_PATTERN,
        "no permission": NO_FILE_READ,
        **_shows("schema", '{\n  "$schema"', ""),
        "wrong name": Cell("schema nosuch", 2, "got unexpected extra argument (nosuch)"),
        "json": Without("its result is JSON of another standard"),
    },
    "completion": {
        "no file": NO_FILE_READ,
        "no match": NO_PATTERN,
        "no permission": NO_FILE_READ,
        **_shows("completion bash", "_deployer_completion() {", ""),
        "wrong name": Cell("completion tcsh", 2, "invalid value for '{bash|zsh|fish}': 'tcsh' is "
                           "not one of 'bash', 'zsh', 'fish'"),
        "json": Without("its result is a script"),
    },
}  # fmt: skip

DAMAGED = (
    "the state of `demo` cannot be read: STATE/local/demo/state.json: format None is not the 1 "
    "that this version of deployer reads"
)
UNASKED = (
    "it is not known whether there is a deployment named `nobody`: it is not on record on this "
    "machine, and Modal was not asked: --offline was given"
)
NOT_HERE = "there is no deployment named `cpu-tiny` on record on this machine"
INDEX = (
    "whether SGLang 0.5.99 is published is not known: pip's package index gave no list of releases"
)

FURTHER: tuple[tuple[str, Cell], ...] = (
    ("no match", Cell("diff --base HEAD 'nothere/*.yaml'", 2,
                      "this is no git repository, so there is nothing to compare with")),
    ("no file", Cell("check here.yaml no.yaml", 2, "no.yaml: there is no such file")),
    ("no file", Cell("apply p.json --yes", 2, "p.json: there is no such file")),
    ("no file", Cell("diagnose here.yaml", 2, NOT_HERE)),
    ("no file", Cell("logs here.yaml -f", 2, NOT_HERE)),
    ("no file", Cell("top here.yaml --once", 2, NOT_HERE)),
    ("wrong name", Cell("status nobody --offline", 1, UNASKED)),
    ("wrong name", Cell("timeline nobody --offline", 1, UNASKED)),
    ("wrong name", Cell("verify --probe nosuch --url http://127.0.0.1:9", 2,
                        "there is no probe 'nosuch'")),
    ("wrong name", Cell("engine install 0.0.1", 2, UNKNOWN)),
    ("wrong name", Cell("catalogue add nonsense", 2, "`nonsense` is not an SGLang release")),
    ("wrong name", Cell("keys demo add x", 1, DAMAGED)),
    ("wrong name", Cell("check modal.yaml --environment x", 1,
                        "stdout: modal.yaml:1:1: error[environment-not-there]")),
    ("no network", Cell("plan modal.yaml --candidate", 1, REACH)),
    ("no network", Cell("apply modal.yaml --rehearse --yes", 1, REACH)),
    ("no network", Cell("apply modal.yaml --candidate --yes", 1, REACH)),
    ("no network", Cell("status", 1, "stdout: demo\n  state     unreadable\n")),
    ("no network", Cell("catalogue add 0.5.99", 1, INDEX)),
    ("no network", Cell("init --from-endpoint http://127.0.0.1:9", 1,
                        "http://127.0.0.1:9 does not answer: ConnectionError")),
    ("no token", Cell("cost modal.yaml --refresh-prices", 1, TOKEN)),
    ("no token", Cell("plan modal.yaml --refresh-prices", 1, TOKEN)),
    ("no token", Cell("apply modal.yaml --rehearse --yes", 1, TOKEN)),
    ("no token", Cell("status --offline", 1, "stdout: demo\n  state     unreadable\n")),
    ("full disk", Cell("init --example b200-or-h200 -o new.yaml", 1,
                       "new.yaml could not be written: File too large")),
    ("full disk", Cell("apply here.yaml --yes --evidence", 1,
                       "STATE/local/cpu-tiny: file too large")),
    ("full output", Cell("lock --check --online modal.yaml", 1, FULL)),
    ("full output", Cell("compile --format json here.yaml", 1, FULL)),
    ("full output", Cell("check --format sarif here.yaml", 1, FULL)),
    ("full output", Cell("diff here.yaml modal.yaml --format markdown", 1, FULL)),
    ("full output", Cell("verify --url http://127.0.0.1:9 --format junit", 1, FULL)),
    ("full output", Cell("--version", 1, FULL)),
    ("full output", Cell("apply --help", 1, FULL)),
    ("closed pipe", Cell("--help", 141, "")),
    ("json", Cell("keys demo remove x --format json", 1, "error")),
    ("json", Cell("logs demo --format json", 2, "error")),
    ("json", Cell("plan here.yaml modal.yaml --offline --format json", 0, "format_version")),
    ("json", Cell("engine install 0.0.1 --format json", 2, "error")),
    ("json", Cell("catalogue add nonsense --format json", 2, "error")),
    ("json", Cell("apply p.json --yes --format json", 2, "error")),
)  # fmt: skip
"""What a verb says by another way into it: below an option, or of another of its own verbs."""
