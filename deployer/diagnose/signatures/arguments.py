"""Arguments that the engine refuses, and limits of a process."""

from deployer.diagnose.signature import Signature, Write, words

SGLANG = "https://github.com/sgl-project/sglang"

PROGRAM = r"(?:launch_server\.py|sglang(?: serve)?|__main__\.py|compile_deep_gemm\.py): error: "
"""How argparse begins what it says before it ends the program (exit code 2)."""

SIGNATURES = (
    Signature(
        name="argument-unknown",
        line=words(PROGRAM + r"unrecognized arguments: (?P<words>.+)"),
        cause="this release of the engine does not know `{words}`",
        writes=(
            Write(
                "engine.args", "only what `deployer check` finds in the catalogue of the release"
            ),
            Write("engine.version", "a release that knows it"),
        ),
        link=f"{SGLANG}/issues/4116",
    ),
    Signature(
        name="choice-unknown",
        line=words(
            PROGRAM + r"argument (?P<flag>--[\w-]+)[^:]*: invalid choice: (?P<value>'[^']*'|\S+)"
        ),
        said=words(
            r"Unsupported tool_call_parser: (?P<parser>\S+)",
            r"Unsupported model type: (?P<reasoning>\S+)",
        ),
        cause="this release of the engine has no {value}{parser}{reasoning} {flag}",
        writes=(
            Write("serving.tool_call_parser", "one that the release has, where it is about that"),
            Write("serving.reasoning_parser", "one that the release has, where it is about that"),
            Write("engine.version", "a release that has it"),
        ),
        link="https://github.com/sgl-project/sgl-project.github.io/issues/17",
    ),
    Signature(
        name="argument-refused",
        line=words(PROGRAM + r"(?P<why>.+)"),
        cause="the engine refuses its arguments: {why}",
        writes=(Write("engine.args", "what `deployer check` finds nothing wrong with"),),
        link=f"{SGLANG}/issues/5032",
    ),
    Signature(
        name="context-too-long",
        said=words(
            r"context_length \((?P<asked>\d+)\) is greater than the derived context_length "
            r"\((?P<has>\d+)\)"
        ),
        cause="a context of {asked} tokens was asked for, and the model was made for {has}",
        writes=(
            Write("model.context_length", "{has} or less"),
            Write("engine.env", "SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN: 1, if you know better"),
        ),
        link=f"{SGLANG}/pull/9388",
    ),
    Signature(
        name="chat-template-unknown",
        said=words(r"Chat template (?P<template>\S+) is not a built-in template name"),
        cause="the chat template {template} is neither a file in the container nor built in",
        writes=(
            Write(
                "serving.chat_template",
                "a file that is in the image, or leave it out: the model brings its own",
            ),
        ),
        link=f"{SGLANG}/issues/1841",
    ),
    Signature(
        name="grammar-backend-missing",
        said=words(
            r"Invalid grammar backend: (?P<name>\S+)",
            r"(?:xgrammar|outlines|llguidance).*(?:not installed|CUDA dependencies)",
            r"CUDA dependencies are not installed",
        ),
        cause="the grammar backend, which holds answers to a JSON schema, cannot be used here",
        writes=(
            Write("kernels.grammar", "`xgrammar`, `llguidance`, or `none` without JSON schemas"),
        ),
        link=f"{SGLANG}/issues/2209",
    ),
    Signature(
        name="too-many-open-files",
        said=words(r"Too many open files", r"\[Errno 24\]"),
        line=words(r".*Os \{ code: 24, .*Too many open files"),
        cause="a process may not open more files or connections",
        writes=(
            Write("schedule.max_queued_requests", "a limit, so that connections do not pile up"),
            Write("", "a higher limit where the engine starts: `ulimit -n 65535`"),
        ),
        link="https://github.com/Ziems/arbor/issues/48",
    ),
    Signature(
        name="own-request-failed",
        said=words(
            r"^AssertionError: res=", r"Read timed out", r"last_traceback", r"^AssertionError"
        ),
        within=words(r"_execute_server_warmup", r"_wait_and_warmup"),
        cause="the engine's own first request was not answered as it should be; what it died of is"
        " told elsewhere, or not at all",
        writes=(
            Write("engine.env", "SGLANG_WARMUP_TIMEOUT: more seconds, where kernels are compiled"),
        ),
        link=f"{SGLANG}/issues/16855",
        symptom=True,
    ),
)
