# ruff: noqa: E501 - the expected texts are as wide as what a user sees
"""What an author sees for a malformed profile, to the letter: what is written, what is said."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from deployer.profile.load import load_profile
from deployer.report.findings import text

#: A valid profile of ten lines; what a case adds to it begins on line 11.
BASE = """\
name: glm
target: local
model:
  repo: org/glm
  served_name: glm
hardware:
  gpu: H100
  count: 8
engine:
  version: 0.5.10
"""


@dataclass(frozen=True)
class Case:
    """A malformed profile and the text that a user sees."""

    name: str
    profile: str
    seen: str


def test_the_base_is_valid() -> None:
    assert load_profile(BASE, "p.yaml").findings == ()


CASES = [
    Case(
        "byte order mark",
        "\ufeffname: glm\n",
        """\
p.yaml:1:1: error[byte-order-mark]: the file begins with a byte order mark (U+FEFF), which belongs to no YAML value
  |
1 | \ufffdname: glm
  | ^
  = save the file as "UTF-8 without BOM"

1 error in p.yaml
""",
    ),
    Case(
        "a byte that is not UTF-8",
        "name: caf\udce9\n",
        """\
p.yaml:1:10: error[not-utf-8]: the file is not UTF-8: byte 0xE9 cannot be decoded
  |
1 | name: caf\ufffd
  |          ^
  = save the file as UTF-8

1 error in p.yaml
""",
    ),
    Case(
        "a NUL",
        "name: g\x00l\n",
        """\
p.yaml:1:8: error[nul-character]: the file holds a NUL character (U+0000), so it is not plain UTF-8 text
  |
1 | name: g\ufffdl
  |        ^
  = save the file as UTF-8; files saved as UTF-16 look like this

1 error in p.yaml
""",
    ),
    Case(
        "control characters",
        "name: \x1b[1mglm\x0dmodel: x\n",
        """\
p.yaml:1:7: error[control-character]: the character U+001B cannot stand in a profile: it is invisible
  |
1 | name: \ufffd[1mglm\ufffdmodel: x
  |       ^
  = delete it; in a text, write it as an escape between double quotes

1 error in p.yaml
""",
    ),
    Case(
        "a line separator that editors do not show",
        "name: glm\u2028model: x\n",
        """\
p.yaml:1:10: error[control-character]: the character U+2028 cannot stand in a profile: it is invisible
  |
1 | name: glm\ufffdmodel: x
  |          ^
  = delete it; in a text, write it as an escape between double quotes

1 error in p.yaml
""",
    ),
    Case(
        "an invisible space",
        BASE
        + """\
memory:
  page_size:\xa064
  max_total_tokens: 64\xa0
""",
        """\
p.yaml:12:12: error[yaml-syntax]: a space is missing after this colon: U+00A0 only looks like one
   |
12 |   page_size:\ufffd64
   |            ^
   = write `key: value`

1 error in p.yaml
""",
    ),
    Case(
        "empty",
        "",
        """\
p.yaml:1:1: error[empty-profile]: the file is empty
  = write what is missing below, or start from a profile that is there already

p.yaml:1:1: error[missing-key]: `name` is missing
  = add `name: …` (The deployment's name, in lower case: the same name is the same deployment.)

p.yaml:1:1: error[missing-key]: `model` is missing
  = add a section `model:` with `repo` and `served_name`

p.yaml:1:1: error[missing-key]: `hardware` is missing
  = add a section `hardware:` with `gpu` and `count`

p.yaml:1:1: error[missing-key]: `engine` is missing
  = add a section `engine:` with `version`

5 errors in p.yaml
""",
    ),
    Case(
        "only comments",
        """\
# to be written

""",
        """\
p.yaml:1:1: error[empty-profile]: the file is empty
  = write what is missing below, or start from a profile that is there already

p.yaml:1:1: error[missing-key]: `name` is missing
  = add `name: …` (The deployment's name, in lower case: the same name is the same deployment.)

p.yaml:1:1: error[missing-key]: `model` is missing
  = add a section `model:` with `repo` and `served_name`

p.yaml:1:1: error[missing-key]: `hardware` is missing
  = add a section `hardware:` with `gpu` and `count`

p.yaml:1:1: error[missing-key]: `engine` is missing
  = add a section `engine:` with `version`

5 errors in p.yaml
""",
    ),
    Case(
        "a list",
        "- name: glm\n",
        """\
p.yaml:1:1: error[not-a-mapping]: a profile is made of keys and values; this is a list
  |
1 | - name: glm
  | ^^^^^^^^^^^
  = write `key: value` lines, with a space after the colon

1 error in p.yaml
""",
    ),
    Case(
        "a text",
        "glm-5.1\n",
        """\
p.yaml:1:1: error[not-a-mapping]: a profile is made of keys and values; this is a single value
  |
1 | glm-5.1
  | ^^^^^^^
  = write `key: value` lines, with a space after the colon

1 error in p.yaml
""",
    ),
    Case(
        "no space after the only colon",
        "name:glm\n",
        """\
p.yaml:1:1: error[not-a-mapping]: a profile is made of keys and values; this is a single value
  |
1 | name:glm
  | ^^^^^^^^
  = write `key: value` lines, with a space after the colon

1 error in p.yaml
""",
    ),
    Case(
        "two documents",
        BASE
        + """\
---
name: other
""",
        """\
p.yaml:11:1: error[multiple-documents]: a second document begins here; a profile is one document
   |
11 | ---
   | ^^^
   = delete the `---`, or make a file of its own from what follows

1 error in p.yaml
""",
    ),
    Case(
        "a directive",
        "%YAML 1.2\n---\n" + BASE,
        """\
p.yaml:1:1: error[yaml-directive]: directives (lines that begin with `%`) are not read
  |
1 | %YAML 1.2
  | ^
  = delete the line

1 error in p.yaml
""",
    ),
    Case(
        "nested too deep",
        BASE + "memory: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]\n",
        """\
p.yaml:11:25: error[nested-too-deep]: values are nested more than 16 levels deep
   |
11 | memory: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]
   |                         ^
   = check for brackets that were never closed

1 error in p.yaml
""",
    ),
    Case(
        "tab indentation",
        BASE
        + """\
memory:
\tpage_size: 64
""",
        """\
p.yaml:12:1: error[tab-indentation]: a tab indents this line; YAML allows only spaces
   |
12 |     page_size: 64
   | ^^^^
   = replace each tab by two spaces

1 error in p.yaml
""",
    ),
    Case(
        "tab after the colon",
        BASE
        + """\
memory:
  page_size:\t64
""",
        """\
p.yaml:12:13: error[tab-indentation]: a tab stands where only spaces may separate
   |
12 |   page_size:    64
   |             ^^^^
   = replace it by a space, or delete it

1 error in p.yaml
""",
    ),
    Case(
        "tab in the middle of a section",
        BASE
        + """\
memory:
  page_size: 64
\tradix_cache: true
""",
        """\
p.yaml:13:1: error[tab-indentation]: a tab indents this line; YAML allows only spaces
   |
13 |     radix_cache: true
   | ^^^^
   = replace each tab by two spaces

1 error in p.yaml
""",
    ),
    Case(
        "a bracket that is never closed",
        BASE
        + """\
lifecycle:
  warmup: [chat, tools
""",
        """\
p.yaml:12:11: error[yaml-syntax]: the `[` that opens here is never closed
   |
12 |   warmup: [chat, tools
   |           ^
   = close the list with `]`

1 error in p.yaml
""",
    ),
    Case(
        "a brace that is never closed",
        BASE + "memory: {page_size: 64\n",
        """\
p.yaml:11:9: error[yaml-syntax]: the `{` that opens here is never closed
   |
11 | memory: {page_size: 64
   |         ^
   = close it with `}`

1 error in p.yaml
""",
    ),
    Case(
        "a comma missing in a list",
        BASE
        + """\
lifecycle:
  warmup: ["chat" "tools"]
""",
        """\
p.yaml:12:19: error[yaml-syntax]: a comma or the closing bracket is missing before this
   |
12 |   warmup: ["chat" "tools"]
   |                   ^
   = separate the items by commas and close every bracket that opens

1 error in p.yaml
""",
    ),
    Case(
        "a bracket too many",
        BASE
        + """\
lifecycle:
  warmup: [chat]]
""",
        """\
p.yaml:12:17: error[yaml-syntax]: this bracket closes nothing
   |
12 |   warmup: [chat]]
   |                 ^
   = delete it, or put the whole value in quotes

1 error in p.yaml
""",
    ),
    Case(
        "a quote that is never closed",
        BASE
        + """\
serving:
  host: "0.0.0.0
  port: 8000
""",
        """\
p.yaml:12:9: error[yaml-syntax]: the quote that opens here is never closed
   |
12 |   host: "0.0.0.0
   |         ^
   = close it; inside double quotes write a quote as `\\"`, inside single quotes as `''`

1 error in p.yaml
""",
    ),
    Case(
        "text after a quote",
        BASE
        + """\
serving:
  chat_template: 'it's'
""",
        """\
p.yaml:12:22: error[yaml-syntax]: the value has ended before this
   |
12 |   chat_template: 'it's'
   |                      ^
   = put the whole value in quotes; to have a quote inside, use the other kind around it

1 error in p.yaml
""",
    ),
    Case(
        "an unknown escape",
        BASE
        + """\
serving:
  chat_template: "C:\\templates\\glm"
""",
        """\
p.yaml:12:32: error[yaml-syntax]: this is no escape that YAML knows between double quotes
   |
12 |   chat_template: "C:\\templates\\glm"
   |                                ^
   = write the backslash twice, or use single quotes, which have no escapes

1 error in p.yaml
""",
    ),
    Case(
        "an escape beyond Unicode",
        BASE
        + """\
serving:
  chat_template: "\\UFFFFFFFF"
""",
        """\
p.yaml:12:21: error[yaml-syntax]: this number, in an escape or a directive, is beyond what can be read
   |
12 |   chat_template: "\\UFFFFFFFF"
   |                     ^
   = use single quotes if no escape is meant

1 error in p.yaml
""",
    ),
    Case(
        "an escape for half a character",
        BASE
        + """\
serving:
  chat_template: "\\ud83d"
""",
        """\
p.yaml:12:18: error[yaml-syntax]: an escape stands for half a character (U+D800 to U+DFFF)
   |
12 |   chat_template: "\\ud83d"
   |                  ^^^^^^^^
   = write the character itself

1 error in p.yaml
""",
    ),
    Case(
        "indentation that matches nothing",
        BASE
        + """\
memory:
    page_size: 64
  radix_cache: true
""",
        """\
p.yaml:13:3: error[yaml-syntax]: the indentation of this line matches no line above
   |
13 |   radix_cache: true
   |   ^
   = indent it exactly like the keys that it belongs with

1 error in p.yaml
""",
    ),
    Case(
        "a key under a value",
        BASE
        + """\
memory: auto
  page_size: 64
""",
        """\
p.yaml:12:3: error[yaml-syntax]: this key is indented under a line that already has a value
   |
12 |   page_size: 64
   |   ^^^^^^^^^
   = indent it like the keys that it belongs with, or write a colon at the end of that line

1 error in p.yaml
""",
    ),
    Case(
        "a line without a colon",
        BASE
        + """\
memory
  page_size: 64
""",
        """\
p.yaml:11:1: error[yaml-syntax]: this line is neither `key: value` nor part of a list
   |
11 | memory
   | ^
   = write a colon and a space after the key

1 error in p.yaml
""",
    ),
    Case(
        "no space after a colon",
        BASE
        + """\
memory:
  page_size:64
  radix_cache: true
""",
        """\
p.yaml:12:12: error[yaml-syntax]: a space is missing after this colon
   |
12 |   page_size:64
   |            ^
   = write `key: value`

1 error in p.yaml
""",
    ),
    Case(
        "a second colon",
        BASE
        + """\
serving:
  chat_template: glm: the new one
""",
        """\
p.yaml:12:21: error[yaml-syntax]: a second `: ` on one line: a plain value cannot hold a colon and a space
   |
12 |   chat_template: glm: the new one
   |                     ^
   = put the value in quotes

1 error in p.yaml
""",
    ),
    Case(
        "a list item after its key",
        BASE
        + """\
lifecycle:
  warmup: - chat
""",
        """\
p.yaml:12:11: error[yaml-syntax]: a list item cannot begin on the same line as its key
   |
12 |   warmup: - chat
   |           ^
   = put `- …` on the next line, or write the list in brackets: `[a, b]`

1 error in p.yaml
""",
    ),
    Case(
        "a key among list items",
        BASE
        + """\
lifecycle:
  warmup:
  - chat
  - tools
  drain_timeout 25
""",
        """\
p.yaml:15:3: error[yaml-syntax]: this line is neither `key: value` nor part of a list
   |
15 |   drain_timeout 25
   |   ^
   = write a colon and a space after the key

1 error in p.yaml
""",
    ),
    Case(
        "a value that begins with @",
        BASE
        + """\
serving:
  chat_template: @glm
""",
        """\
p.yaml:12:18: error[yaml-syntax]: a plain value cannot begin with `@`
   |
12 |   chat_template: @glm
   |                  ^
   = put the value in quotes

1 error in p.yaml
""",
    ),
    Case(
        "a value that begins with *",
        BASE
        + """\
serving:
  chat_template: *.jinja
""",
        """\
p.yaml:12:18: error[yaml-anchor]: a plain value cannot begin with `&` or `*`
   |
12 |   chat_template: *.jinja
   |                  ^
   = put the value in quotes

1 error in p.yaml
""",
    ),
    Case(
        "a block text with a word after the bar",
        BASE
        + """\
serving:
  chat_template: | glm
    text
""",
        """\
p.yaml:12:20: error[yaml-syntax]: after `|` or `>` only a digit, `-` or `+` and a comment may follow on the line
   |
12 |   chat_template: | glm
   |                    ^
   = begin the text on the next line, indented

1 error in p.yaml
""",
    ),
    Case(
        "text that goes on",
        BASE
        + """\
serving:
  chat_template: one
    two
  port: 8000
""",
        """\
p.yaml:12:18: error[multi-line-text]: a plain text goes on over more than one line
   |
12 |   chat_template: one
   |                  ^^^
   = check the indentation; put a long text in quotes, or after `>-`

1 error in p.yaml
""",
    ),
    Case(
        "a key twice",
        BASE
        + """\
memory:
  page_size: 64
  page_size: 32
""",
        """\
p.yaml:13:3: error[duplicate-key]: the key `page_size` of `memory` is already on line 12
   |
13 |   page_size: 32
   |   ^^^^^^^^^
   = keep one of the two

1 error in p.yaml
""",
    ),
    Case(
        "a section twice",
        BASE
        + """\
memory:
  page_size: 64
schedule:
  policy: fcfs
memory:
  radix_cache: false
""",
        """\
p.yaml:15:1: error[duplicate-key]: the key `memory` is already on line 11
   |
15 | memory:
   | ^^^^^^
   = keep one of the two

1 error in p.yaml
""",
    ),
    Case(
        "a key three times, and quoted",
        BASE + 'memory: {page_size: 1, "page_size": 2, page_size: 3}\n',
        """\
p.yaml:11:24: error[duplicate-key]: the key `page_size` of `memory` is already on line 11
   |
11 | memory: {page_size: 1, "page_size": 2, page_size: 3}
   |                        ^^^^^^^^^^^
   = keep one of the two

p.yaml:11:40: error[duplicate-key]: the key `page_size` of `memory` is already on line 11
   |
11 | memory: {page_size: 1, "page_size": 2, page_size: 3}
   |                                        ^^^^^^^^^
   = keep one of the two

2 errors in p.yaml
""",
    ),
    Case(
        "YAML 1.1 booleans",
        BASE
        + """\
memory:
  radix_cache: yes
  hierarchical_cache: Off
observability:
  metrics: True
""",
        """\
p.yaml:12:16: error[yaml-boolean]: `yes` is a boolean to some readers of YAML and text to others
   |
12 |   radix_cache: yes
   |                ^^^
   = write `true`, or "yes" if text is meant

p.yaml:13:23: error[yaml-boolean]: `Off` is a boolean to some readers of YAML and text to others
   |
13 |   hierarchical_cache: Off
   |                       ^^^
   = write `false`, or "Off" if text is meant

p.yaml:15:12: error[yaml-boolean]: `True` is a boolean in capitals
   |
15 |   metrics: True
   |            ^^^^
   = write `true`, or "True" if text is meant

3 errors in p.yaml
""",
    ),
    Case(
        "a boolean word where text is meant",
        BASE
        + """\
serving:
  chat_template: y
""",
        """\
p.yaml:12:18: error[yaml-boolean]: `y` is a boolean to some readers of YAML and text to others
   |
12 |   chat_template: y
   |                  ^
   = write `true`, or "y" if text is meant

1 error in p.yaml
""",
    ),
    Case(
        "spellings of null",
        BASE
        + """\
memory:
  page_size: ~
  kv_cache_dtype: Null
""",
        """\
p.yaml:12:14: error[yaml-null]: `~` is one of several spellings of `null`
   |
12 |   page_size: ~
   |              ^
   = write `null`, or "~" if text is meant

p.yaml:13:19: error[yaml-null]: `Null` is one of several spellings of `null`
   |
13 |   kv_cache_dtype: Null
   |                   ^^^^
   = write `null`, or "Null" if text is meant

2 errors in p.yaml
""",
    ),
    Case(
        "keys without a value",
        BASE
        + """\
memory:
  page_size:
  kv_cache_dtype: # decide
schedule:
""",
        """\
p.yaml:12:13: error[empty-value]: `memory.page_size` has no value
   |
12 |   page_size:
   |             ^
   = write a value, or `null` if none is meant, or delete the line

p.yaml:13:18: error[empty-value]: `memory.kv_cache_dtype` has no value
   |
13 |   kv_cache_dtype: # decide
   |                  ^
   = write a value, or `null` if none is meant, or delete the line

p.yaml:14:10: error[empty-value]: `schedule` has no value
   |
14 | schedule:
   |          ^
   = write a value, or `null` if none is meant, or delete the line

3 errors in p.yaml
""",
    ),
    Case(
        "exponents without a fraction",
        BASE
        + """\
schedule:
  conservativeness: 1e-5
observability:
  watchdog_timeout: 1e3
""",
        """\
p.yaml:12:21: error[yaml-number]: `1e-5` is a number to some readers of YAML and text to others
   |
12 |   conservativeness: 1e-5
   |                     ^^^^
   = write `1.0e-5`, or "1e-5" if text is meant

p.yaml:14:21: error[yaml-number]: `1e3` is a number to some readers of YAML and text to others
   |
14 |   watchdog_timeout: 1e3
   |                     ^^^
   = write `1.0e+3`, or "1e3" if text is meant

2 errors in p.yaml
""",
    ),
    Case(
        "octal, hexadecimal, binary",
        BASE
        + """\
memory:
  page_size: 010
  max_total_tokens: 0x1F
  cpu_offload_gb: 0o17
schedule:
  max_queued_requests: 0b101
""",
        """\
p.yaml:12:14: error[yaml-number]: `010` is 8 to some readers of YAML and 10 to others
   |
12 |   page_size: 010
   |              ^^^
   = write `8` or `10`, or "010" if text is meant

p.yaml:13:21: error[yaml-number]: `0x1F` is a number to some readers of YAML and text to others
   |
13 |   max_total_tokens: 0x1F
   |                     ^^^^
   = write `31`, or "0x1F" if text is meant

p.yaml:14:19: error[yaml-number]: `0o17` is a number to some readers of YAML and text to others
   |
14 |   cpu_offload_gb: 0o17
   |                   ^^^^
   = write `15`, or "0o17" if text is meant

p.yaml:16:24: error[yaml-number]: `0b101` is a number to some readers of YAML and text to others
   |
16 |   max_queued_requests: 0b101
   |                        ^^^^^
   = write `5`, or "0b101" if text is meant

4 errors in p.yaml
""",
    ),
    Case(
        "digits with underscores",
        BASE
        + """\
memory:
  max_total_tokens: 1_000_000
""",
        """\
p.yaml:12:21: error[yaml-number]: `1_000_000` is a number to some readers of YAML and text to others
   |
12 |   max_total_tokens: 1_000_000
   |                     ^^^^^^^^^
   = write `1000000`, or "1_000_000" if text is meant

1 error in p.yaml
""",
    ),
    Case(
        "a sign, a bare point",
        BASE
        + """\
memory:
  page_size: +64
  mem_fraction_static: .88
schedule:
  conservativeness: 1.
""",
        """\
p.yaml:12:14: error[yaml-number]: `+64` is a number to some readers of YAML and text to others
   |
12 |   page_size: +64
   |              ^^^
   = write `64`, or "+64" if text is meant

p.yaml:13:24: error[yaml-number]: `.88` is a number to some readers of YAML and text to others
   |
13 |   mem_fraction_static: .88
   |                        ^^^
   = write `0.88`, or ".88" if text is meant

p.yaml:15:21: error[yaml-number]: `1.` is a number to some readers of YAML and text to others
   |
15 |   conservativeness: 1.
   |                     ^^
   = write `1.0`, or "1." if text is meant

3 errors in p.yaml
""",
    ),
    Case(
        "sexagesimal",
        BASE
        + """\
lifecycle:
  startup_timeout: 30:00
""",
        """\
p.yaml:12:20: error[yaml-sexagesimal]: `30:00` is a number in base 60 to some readers of YAML and text to others
   |
12 |   startup_timeout: 30:00
   |                    ^^^^^
   = write "30:00", or the number in digits

1 error in p.yaml
""",
    ),
    Case(
        "a commit of digits and an e",
        BASE.replace("org/glm\n", "org/glm\n  revision: 123e4567\n"),
        """\
p.yaml:5:13: error[yaml-number]: `123e4567` is a number to some readers of YAML and text to others
  |
5 |   revision: 123e4567
  |             ^^^^^^^^
  = write "123e4567"

1 error in p.yaml
""",
    ),
    Case(
        "infinity and not a number",
        BASE
        + """\
schedule:
  conservativeness: .inf
observability:
  watchdog_timeout: .NaN
""",
        """\
p.yaml:12:21: error[yaml-number]: `.inf` is not a number that a profile can use
   |
12 |   conservativeness: .inf
   |                     ^^^^
   = write a finite number, or ".inf" if text is meant

p.yaml:14:21: error[yaml-number]: `.NaN` is not a number that a profile can use
   |
14 |   watchdog_timeout: .NaN
   |                     ^^^^
   = write a finite number, or ".NaN" if text is meant

2 errors in p.yaml
""",
    ),
    Case(
        "numbers beyond 64 bits",
        BASE
        + """\
memory:
  page_size: 9223372036854775808
schedule:
  conservativeness: 1.0e+400
""",
        """\
p.yaml:12:14: error[yaml-number]: `9223372036854775808` is too large for a whole number (64 bits)
   |
12 |   page_size: 9223372036854775808
   |              ^^^^^^^^^^^^^^^^^^^
   = write a smaller number, or "9223372036854775808" if text is meant

p.yaml:14:21: error[yaml-number]: `1.0e+400` is too large for a number
   |
14 |   conservativeness: 1.0e+400
   |                     ^^^^^^^^
   = write a smaller number, or "1.0e+400" if text is meant

2 errors in p.yaml
""",
    ),
    Case(
        "a date",
        BASE.replace("org/glm\n", "org/glm\n  revision: 2026-01-01\n"),
        """\
p.yaml:5:13: error[yaml-date]: `2026-01-01` is a date to some readers of YAML and text to others
  |
5 |   revision: 2026-01-01
  |             ^^^^^^^^^^
  = write "2026-01-01"

1 error in p.yaml
""",
    ),
    Case(
        "an anchor and its alias",
        BASE
        + """\
memory: &m
  page_size: 64
schedule: *m
""",
        """\
p.yaml:11:9: error[yaml-anchor]: `&m` is an anchor or alias; they are not read
   |
11 | memory: &m
   |         ^^
   = write the value out; put "&m" in quotes if text is meant

p.yaml:13:11: error[yaml-anchor]: `*m` is an anchor or alias; they are not read
   |
13 | schedule: *m
   |           ^^
   = write the value out; put "*m" in quotes if text is meant

2 errors in p.yaml
""",
    ),
    Case(
        "a merge key",
        BASE
        + """\
memory:
  <<: *defaults
  page_size: 64
""",
        """\
p.yaml:12:3: error[yaml-merge-key]: merge keys (`<<`) are not read: every value stands where it applies
   |
12 |   <<: *defaults
   |   ^^
   = write the keys out

1 error in p.yaml
""",
    ),
    Case(
        "tags",
        BASE
        + """\
memory:
  page_size: !!int 64
serving:
  chat_template: !include glm.jinja
""",
        """\
p.yaml:12:14: error[yaml-tag]: the tag `!!int` is not read: a value's kind follows from how it looks
   |
12 |   page_size: !!int 64
   |              ^^^^^^^^
   = leave the tag out, or put the whole value in quotes if text is meant

p.yaml:14:18: error[yaml-tag]: the tag `!include` is not read: a value's kind follows from how it looks
   |
14 |   chat_template: !include glm.jinja
   |                  ^^^^^^^^^^^^^^^^^^
   = leave the tag out, or put the whole value in quotes if text is meant

2 errors in p.yaml
""",
    ),
    Case(
        "keys that are not text",
        BASE
        + """\
schedule:
  1: a
  null: b
  on: c
  2026-01-01: d
  [a]: e
""",
        """\
p.yaml:12:3: error[non-string-key]: the key `1` is not a text to YAML
   |
12 |   1: a
   |   ^
   = write "1"

p.yaml:13:3: error[non-string-key]: the key `null` is not a text to YAML
   |
13 |   null: b
   |   ^^^^
   = write "null"

p.yaml:14:3: error[yaml-boolean]: the key `on` is a boolean to some readers of YAML and text to others
   |
14 |   on: c
   |   ^^
   = write "on"

p.yaml:15:3: error[yaml-date]: the key `2026-01-01` is a date to some readers of YAML and text to others
   |
15 |   2026-01-01: d
   |   ^^^^^^^^^^
   = write "2026-01-01"

p.yaml:16:3: error[non-string-key]: a key must be a text
   |
16 |   [a]: e
   |   ^
   = write a plain key

5 errors in p.yaml
""",
    ),
    Case(
        "an unknown key with a near name",
        BASE
        + """\
memory:
  mem_fraction: 0.88
""",
        """\
p.yaml:12:3: error[unknown-key]: `mem_fraction` is not a key of `memory`
   |
12 |   mem_fraction: 0.88
   |   ^^^^^^^^^^^^
   = did you mean `mem_fraction_static`?

1 error in p.yaml
""",
    ),
    Case(
        "an unknown key of another section",
        BASE
        + """\
memory:
  max_running_requests: 64
""",
        """\
p.yaml:12:3: error[unknown-key]: `max_running_requests` is not a key of `memory`
   |
12 |   max_running_requests: 64
   |   ^^^^^^^^^^^^^^^^^^^^
   = `max_running_requests` belongs in `schedule`

1 error in p.yaml
""",
    ),
    Case(
        "a key of a section at the top",
        BASE + "mem_fraction_static: 0.88\n",
        """\
p.yaml:11:1: error[unknown-key]: `mem_fraction_static` is not a key at the top of a profile
   |
11 | mem_fraction_static: 0.88
   | ^^^^^^^^^^^^^^^^^^^
   = `mem_fraction_static` belongs in `memory`

1 error in p.yaml
""",
    ),
    Case(
        "a section inside another",
        BASE
        + """\
memory:
  schedule:
    policy: fcfs
""",
        """\
p.yaml:12:3: error[unknown-key]: `schedule` is not a key of `memory`
   |
12 |   schedule:
   |   ^^^^^^^^
   = `schedule` belongs at the top of the profile

1 error in p.yaml
""",
    ),
    Case(
        "an item of a list by another tool's name",
        BASE
        + """\
modal:
  app: glm
  weights: {volume: w, path: /w}
  secrets: [{name: x, keys: [A]}]
  volumes: {name: x}
""",
        """\
p.yaml:14:14: error[unknown-key]: `name` is not a key of `modal.secrets[0]`
   |
14 |   secrets: [{name: x, keys: [A]}]
   |              ^^^^
   = did you mean `secret`?

p.yaml:14:23: error[unknown-key]: `keys` is not a key of `modal.secrets[0]`
   |
14 |   secrets: [{name: x, keys: [A]}]
   |                       ^^^^
   = its keys are `secret` and `variables`

p.yaml:15:12: error[wrong-type]: `modal.volumes`: expected a list, found a section with keys
   |
15 |   volumes: {name: x}
   |            ^^^^^^^^^
   = write its items on the lines below, each begun with `- `

3 errors in p.yaml
""",
    ),
    Case(
        "dashes for underscores",
        BASE
        + """\
memory:
  mem-fraction-static: 0.88
""",
        """\
p.yaml:12:3: error[unknown-key]: `mem-fraction-static` is not a key of `memory`
   |
12 |   mem-fraction-static: 0.88
   |   ^^^^^^^^^^^^^^^^^^^
   = did you mean `mem_fraction_static`?

1 error in p.yaml
""",
    ),
    Case(
        "the engine's flag for the key",
        BASE
        + """\
parallel:
  tp-size: 8
  --ep-size: 8
schedule:
  schedule_policy: fcfs
""",
        """\
p.yaml:12:3: error[unknown-key]: `tp-size` is not a key of `parallel`
   |
12 |   tp-size: 8
   |   ^^^^^^^
   = did you mean `tp`?

p.yaml:13:3: error[unknown-key]: `--ep-size` is not a key of `parallel`
   |
13 |   --ep-size: 8
   |   ^^^^^^^^^
   = did you mean `ep`?

p.yaml:15:3: error[unknown-key]: `schedule_policy` is not a key of `schedule`
   |
15 |   schedule_policy: fcfs
   |   ^^^^^^^^^^^^^^^
   = did you mean `policy`?

3 errors in p.yaml
""",
    ),
    Case(
        "an unknown key like none",
        BASE
        + """\
parallel:
  quality: high
volumes: []
""",
        """\
p.yaml:12:3: error[unknown-key]: `quality` is not a key of `parallel`
   |
12 |   quality: high
   |   ^^^^^^^
   = its keys are `tp`, `pp`, `dp`, `dp_attention` and `ep`

p.yaml:13:1: error[unknown-key]: `volumes` is not a key at the top of a profile
   |
13 | volumes: []
   | ^^^^^^^
   = `volumes` belongs in `modal`

2 errors in p.yaml
""",
    ),
    Case(
        "required keys missing",
        """\
name: glm
model:
  revision: main
hardware: {}
""",
        """\
p.yaml:1:1: error[missing-key]: `engine` is missing
  = add a section `engine:` with `version`

p.yaml:2:1: error[missing-key]: `repo` is missing in `model`
  |
2 | model:
  | ^^^^^
  = add `repo: …` (The Hugging Face repository (`zai-org/GLM-5.1-FP8`), or `tiny` for the builtin model.)

p.yaml:2:1: error[missing-key]: `served_name` is missing in `model`
  |
2 | model:
  | ^^^^^
  = add `served_name: …` (The name that clients put into `model` and that `/v1/models` lists.)

p.yaml:4:1: error[missing-key]: `gpu` is missing in `hardware`
  |
4 | hardware: {}
  | ^^^^^^^^
  = add `gpu: …` (The GPU type by Modal's name; `H100!` refuses the upgrade to an H200; `none` is a CPU.)

p.yaml:4:1: error[missing-key]: `count` is missing in `hardware`
  |
4 | hardware: {}
  | ^^^^^^^^
  = add `count: …` (GPUs of one replica: at most 8 in one container on Modal, 0 with `gpu: none`.)

5 errors in p.yaml
""",
    ),
    Case(
        "a required key misspelt",
        BASE.replace("repo:", "repos:"),
        """\
p.yaml:4:3: error[unknown-key]: `repos` is not a key of `model`
  |
4 |   repos: org/glm
  |   ^^^^^
  = did you mean `repo`?

1 error in p.yaml
""",
    ),
    Case(
        "numbers in quotes",
        BASE
        + """\
memory:
  page_size: "64"
  mem_fraction_static: "0.88"
  radix_cache: "true"
""",
        """\
p.yaml:12:14: error[wrong-type]: `memory.page_size`: expected a whole number, found the text "64"
   |
12 |   page_size: "64"
   |              ^^^^
   = remove the quotes: `64`

p.yaml:13:24: error[wrong-type]: `memory.mem_fraction_static`: expected a number, found the text "0.88"
   |
13 |   mem_fraction_static: "0.88"
   |                        ^^^^^^
   = remove the quotes: `0.88`

p.yaml:14:16: error[wrong-type]: `memory.radix_cache`: expected `true` or `false`, found the text "true"
   |
14 |   radix_cache: "true"
   |                ^^^^^^
   = remove the quotes: `true`

3 errors in p.yaml
""",
    ),
    Case(
        "a number with a unit",
        BASE
        + """\
memory:
  cpu_offload_gb: 80GB
lifecycle:
  startup_timeout: 30m
  drain_timeout: soon
""",
        """\
p.yaml:12:19: error[wrong-type]: `memory.cpu_offload_gb`: expected a whole number, found the text "80GB"
   |
12 |   cpu_offload_gb: 80GB
   |                   ^^^^
   = write the number alone, without a unit: `80`

p.yaml:14:20: error[wrong-type]: `lifecycle.startup_timeout`: expected a number, found the text "30m"
   |
14 |   startup_timeout: 30m
   |                    ^^^
   = write the number alone. From launch to the first healthy answer: loading weights, compiling, capturing graphs.

p.yaml:15:18: error[wrong-type]: `lifecycle.drain_timeout`: expected a number, found the text "soon"
   |
15 |   drain_timeout: soon
   |                  ^^^^

3 errors in p.yaml
""",
    ),
    Case(
        "a fraction for a whole number",
        BASE
        + """\
memory:
  page_size: 64.0
  cpu_offload_gb: 1.5
""",
        """\
p.yaml:12:14: error[wrong-type]: `memory.page_size`: expected a whole number, found the number 64.0
   |
12 |   page_size: 64.0
   |              ^^^^
   = write `64`

p.yaml:13:19: error[wrong-type]: `memory.cpu_offload_gb`: expected a whole number, found the number 1.5
   |
13 |   cpu_offload_gb: 1.5
   |                   ^^^

2 errors in p.yaml
""",
    ),
    Case(
        "a number for a boolean",
        BASE
        + """\
memory:
  radix_cache: 0
  hierarchical_cache: 2
""",
        """\
p.yaml:12:16: error[wrong-type]: `memory.radix_cache`: expected `true` or `false`, found the number 0
   |
12 |   radix_cache: 0
   |                ^
   = write `false`

p.yaml:13:23: error[wrong-type]: `memory.hierarchical_cache`: expected `true` or `false`, found the number 2
   |
13 |   hierarchical_cache: 2
   |                       ^

2 errors in p.yaml
""",
    ),
    Case(
        "a boolean for a number",
        BASE
        + """\
memory:
  page_size: true
""",
        """\
p.yaml:12:14: error[wrong-type]: `memory.page_size`: expected a whole number, found `true`
   |
12 |   page_size: true
   |              ^^^^

1 error in p.yaml
""",
    ),
    Case(
        "a version that is a number",
        BASE.replace("0.5.10", "0.5"),
        """\
p.yaml:10:12: error[wrong-type]: `engine.version`: expected a text, found the number 0.5
   |
10 |   version: 0.5
   |            ^^^
   = The pinned release. It decides how every flag is spelt, so it must be the image's.

1 error in p.yaml
""",
    ),
    Case(
        "a number for a text",
        BASE
        + """\
modal:
  app: 5
  weights: {volume: 1.50, path: /w}
  kernel_cache: {volume: c, path: /c}
""",
        """\
p.yaml:12:8: error[wrong-type]: `modal.app`: expected a text, found the number 5
   |
12 |   app: 5
   |        ^
   = put it in quotes: `"5"`

p.yaml:13:21: error[wrong-type]: `modal.weights.volume`: expected a text, found the number 1.5
   |
13 |   weights: {volume: 1.50, path: /w}
   |                     ^^^^
   = put it in quotes: `"1.50"`

2 errors in p.yaml
""",
    ),
    Case(
        "a value for a section",
        BASE
        + """\
memory: 0.88
serving: [8000]
schedule: null
lifecycle: {}
""",
        """\
p.yaml:11:9: error[wrong-type]: `memory`: expected a section with keys, found the number 0.88
   |
11 | memory: 0.88
   |         ^^^^
   = write its keys on the lines below, indented by two spaces

p.yaml:12:10: error[wrong-type]: `serving`: expected a section with keys, found a list
   |
12 | serving: [8000]
   |          ^^^^^^
   = write its keys on the lines below, indented by two spaces

p.yaml:13:11: error[wrong-type]: `schedule`: expected a section with keys, found `null`
   |
13 | schedule: null
   |           ^^^^
   = write its keys on the lines below, indented by two spaces, or delete the line for the default

3 errors in p.yaml
""",
    ),
    Case(
        "a section for a value",
        BASE
        + """\
memory:
  page_size:
    tokens: 64
moe:
  deepep_mode: [auto]
""",
        """\
p.yaml:12:3: error[wrong-type]: `memory.page_size`: expected a whole number, found a section with keys
   |
12 |   page_size:
   |   ^^^^^^^^^

p.yaml:15:16: error[not-a-choice]: `moe.deepep_mode`: a list is not one of its choices
   |
15 |   deepep_mode: [auto]
   |                ^^^^^^
   = write `auto`, `normal` or `low_latency`

2 errors in p.yaml
""",
    ),
    Case(
        "a value for a list",
        BASE
        + """\
lifecycle:
  warmup: chat
""",
        """\
p.yaml:12:11: error[wrong-type]: `lifecycle.warmup`: expected a list, found the text "chat"
   |
12 |   warmup: chat
   |           ^^^^
   = write it in brackets: `[chat]`

1 error in p.yaml
""",
    ),
    Case(
        "null for what is not optional",
        BASE.replace("repo: org/glm", "repo: null\n  trust_remote_code: null"),
        """\
p.yaml:4:9: error[wrong-type]: `model.repo`: expected a text, found `null`
  |
4 |   repo: null
  |         ^^^^
  = write a value

p.yaml:5:22: error[wrong-type]: `model.trust_remote_code`: expected `true` or `false`, found `null`
  |
5 |   trust_remote_code: null
  |                      ^^^^
  = write a value, or delete the line for the default

2 errors in p.yaml
""",
    ),
    Case(
        "out of bounds",
        BASE
        + """\
memory:
  mem_fraction_static: 1.2
  page_size: 0
serving:
  port: 70000
lifecycle:
  health_timeout: 1
""",
        """\
p.yaml:12:24: error[out-of-bounds]: `memory.mem_fraction_static` must be less than 1, found 1.2
   |
12 |   mem_fraction_static: 1.2
   |                        ^^^
   = Weights plus KV pool as a share of GPU memory. The rest is for graphs and activations. The engine computes its own value where none is given.

p.yaml:13:14: error[out-of-bounds]: `memory.page_size` must be at least 1, found 0
   |
13 |   page_size: 0
   |              ^
   = Tokens in a page of the KV cache.

p.yaml:15:9: error[out-of-bounds]: `serving.port` must be at most 65535, found 70000
   |
15 |   port: 70000
   |         ^^^^^
   = The port to listen on.

p.yaml:17:19: error[out-of-bounds]: `lifecycle.health_timeout` must be greater than 1, found 1
   |
17 |   health_timeout: 1
   |                   ^
   = For one health call. SGLang generates a token for each, so it takes at least a second and up to 20.

4 errors in p.yaml
""",
    ),
    Case(
        "not a choice, and near one",
        BASE
        + """\
moe:
  deepep_mode: low
observability:
  log_level: waring
serving:
  tool_call_parser: glm-47
""",
        """\
p.yaml:12:16: error[not-a-choice]: `moe.deepep_mode`: the text "low" is not one of its choices
   |
12 |   deepep_mode: low
   |                ^^^
   = did you mean `low_latency`? Otherwise write `auto`, `normal` or `low_latency`

p.yaml:14:14: error[not-a-choice]: `observability.log_level`: the text "waring" is not one of its choices
   |
14 |   log_level: waring
   |              ^^^^^^
   = did you mean `warning`? Otherwise write `debug`, `info`, `warning` or `error`

p.yaml:16:21: error[not-a-choice]: `serving.tool_call_parser`: the text "glm-47" is not one of its choices
   |
16 |   tool_call_parser: glm-47
   |                     ^^^^^^
   = did you mean `glm47`?

3 errors in p.yaml
""",
    ),
    Case(
        "not a choice, and like none",
        BASE
        + """\
moe:
  deepep_mode: fast
observability:
  log_level: 5
""",
        """\
p.yaml:12:16: error[not-a-choice]: `moe.deepep_mode`: the text "fast" is not one of its choices
   |
12 |   deepep_mode: fast
   |                ^^^^
   = write `auto`, `normal` or `low_latency`

p.yaml:14:14: error[not-a-choice]: `observability.log_level`: the number 5 is not one of its choices
   |
14 |   log_level: 5
   |              ^
   = write `debug`, `info`, `warning` or `error`

2 errors in p.yaml
""",
    ),
    Case(
        "a bad pattern",
        BASE.replace("name: glm\nt", "name: GLM 5.1\nt").replace("0.5.10", "v0.5.10"),
        """\
p.yaml:1:7: error[bad-pattern]: `name`: the text "GLM 5.1" does not match `^[a-z0-9][a-z0-9-]{0,47}$`
  |
1 | name: GLM 5.1
  |       ^^^^^^^
  = The deployment's name, in lower case: the same name is the same deployment.

p.yaml:10:12: error[bad-pattern]: `engine.version`: the text "v0.5.10" does not match `^[0-9]{1,6}(\\.[0-9]{1,6}){2}(\\.post[0-9]{1,6})?$`
   |
10 |   version: v0.5.10
   |            ^^^^^^^
   = The pinned release. It decides how every flag is spelt, so it must be the image's.

2 errors in p.yaml
""",
    ),
    Case(
        "a bad item in a list",
        BASE
        + """\
lifecycle:
  warmup:
    - chat
    - tool
    - 5
""",
        """\
p.yaml:14:7: error[not-a-choice]: `lifecycle.warmup[1]`: the text "tool" is not one of its choices
   |
14 |     - tool
   |       ^^^^
   = did you mean `tools`? Otherwise write `chat`, `no_thinking`, `long_context`, `tools` or `batch`

p.yaml:15:7: error[not-a-choice]: `lifecycle.warmup[2]`: the number 5 is not one of its choices
   |
15 |     - 5
   |       ^
   = write `chat`, `no_thinking`, `long_context`, `tools` or `batch`

2 errors in p.yaml
""",
    ),
    Case(
        "engine arguments",
        BASE
        + """\
  args:
    enable-x: false
    Bad_Name: 1
    a: []
    b: [1, null]
    c: {d: 1}
    e: ''
    f: null
""",
        """\
p.yaml:12:15: error[wrong-type]: `engine.args.enable-x`: expected `true`, a text, a number or a list, found `false`
   |
12 |     enable-x: false
   |               ^^^^^
   = delete the line: a switch that is not on is not there

p.yaml:13:5: error[bad-key]: `Bad_Name` cannot be a key of `engine.args`: it does not match `^[a-z0-9][a-z0-9-]*$`
   |
13 |     Bad_Name: 1
   |     ^^^^^^^^

p.yaml:15:12: error[wrong-type]: `engine.args.b[1]`: expected a text or a number, found `null`
   |
15 |     b: [1, null]
   |            ^^^^
   = write a value

p.yaml:16:8: error[wrong-type]: `engine.args.c`: expected `true`, a text, a number or a list, found a section with keys
   |
16 |     c: {d: 1}
   |        ^^^^^^

p.yaml:17:8: error[out-of-bounds]: `engine.args.e` must have at least 1 character, found 0
   |
17 |     e: ''
   |        ^^

p.yaml:18:8: error[wrong-type]: `engine.args.f`: expected `true`, a text, a number or a list, found `null`
   |
18 |     f: null
   |        ^^^^
   = write a value

6 errors in p.yaml
""",
    ),
    Case(
        "environment variables",
        BASE
        + """\
  env:
    A: 1
    B: true
    2C: text
""",
        """\
p.yaml:12:8: error[wrong-type]: `engine.env.A`: expected a text, found the number 1
   |
12 |     A: 1
   |        ^
   = put it in quotes: `"1"`

p.yaml:13:8: error[wrong-type]: `engine.env.B`: expected a text, found `true`
   |
13 |     B: true
   |        ^^^^
   = put it in quotes: `"true"`

p.yaml:14:5: error[bad-key]: `2C` cannot be a key of `engine.env`: it does not match `^[A-Za-z_][A-Za-z0-9_]*$`
   |
14 |     2C: text
   |     ^^

3 errors in p.yaml
""",
    ),
    Case(
        "names in a map that has its own",
        BASE
        + """lifecycle:
  stage_budgets:
    weigths: 30
    Graphs: 30
    loading: 30
""",
        """p.yaml:13:5: error[bad-key]: `weigths` cannot be a key of `lifecycle.stage_budgets`
   |
13 |     weigths: 30
   |     ^^^^^^^
   = did you mean `weights`?

p.yaml:14:5: error[bad-key]: `Graphs` cannot be a key of `lifecycle.stage_budgets`
   |
14 |     Graphs: 30
   |     ^^^^^^
   = did you mean `graphs`?

p.yaml:15:5: error[bad-key]: `loading` cannot be a key of `lifecycle.stage_budgets`
   |
15 |     loading: 30
   |     ^^^^^^^
   = its keys are `container`, `volumes`, `caches`, `imports`, `distributed`, `weights`, `pool`, `kernels`, `graphs`, `http`, `self-test`, `health` and `warmup`

3 errors in p.yaml
""",
    ),
    Case(
        "errors of YAML and schema together, by line",
        """\
name: GLM
target: cloud
model:
  repo: org/glm
  repo: org/other
  trust_remote_code: yes
  served_nam: glm
hardware:
  gpu: h100
  count: 0x8
engine:
  version: 0.5
memory:
  max_running_requests: 64
  page_size: "64"
""",
        """\
p.yaml:1:7: error[bad-pattern]: `name`: the text "GLM" does not match `^[a-z0-9][a-z0-9-]{0,47}$`
  |
1 | name: GLM
  |       ^^^
  = The deployment's name, in lower case: the same name is the same deployment.

p.yaml:2:9: error[not-a-choice]: `target`: the text "cloud" is not one of its choices
  |
2 | target: cloud
  |         ^^^^^
  = write `modal` or `local`

p.yaml:5:3: error[duplicate-key]: the key `repo` of `model` is already on line 4
  |
5 |   repo: org/other
  |   ^^^^
  = keep one of the two

p.yaml:6:22: error[yaml-boolean]: `yes` is a boolean to some readers of YAML and text to others
  |
6 |   trust_remote_code: yes
  |                      ^^^
  = write `true`, or "yes" if text is meant

p.yaml:7:3: error[unknown-key]: `served_nam` is not a key of `model`
  |
7 |   served_nam: glm
  |   ^^^^^^^^^^
  = did you mean `served_name`?

p.yaml:9:8: error[not-a-choice]: `hardware.gpu`: the text "h100" is not one of its choices
  |
9 |   gpu: h100
  |        ^^^^
  = did you mean `H100`?

p.yaml:10:10: error[yaml-number]: `0x8` is a number to some readers of YAML and text to others
   |
10 |   count: 0x8
   |          ^^^
   = write `8`, or "0x8" if text is meant

p.yaml:12:12: error[wrong-type]: `engine.version`: expected a text, found the number 0.5
   |
12 |   version: 0.5
   |            ^^^
   = The pinned release. It decides how every flag is spelt, so it must be the image's.

p.yaml:14:3: error[unknown-key]: `max_running_requests` is not a key of `memory`
   |
14 |   max_running_requests: 64
   |   ^^^^^^^^^^^^^^^^^^^^
   = `max_running_requests` belongs in `schedule`

p.yaml:15:14: error[wrong-type]: `memory.page_size`: expected a whole number, found the text "64"
   |
15 |   page_size: "64"
   |              ^^^^
   = remove the quotes: `64`

10 errors in p.yaml
""",
    ),
    Case(
        "wide characters and tabs before the caret",
        BASE
        + """\
parallel: {"漢字": 1, tp:  'e\u0301'} # …
serving:
  reasoning_parser: '\tglm 45'
""",
        """\
p.yaml:11:12: error[unknown-key]: `漢字` is not a key of `parallel`
   |
11 | parallel: {"漢字": 1, tp:  'e\u0301'} # …
   |            ^^^^^^
   = its keys are `tp`, `pp`, `dp`, `dp_attention` and `ep`

p.yaml:11:26: error[wrong-type]: `parallel.tp`: expected a whole number, found the text "e\u0301"
   |
11 | parallel: {"漢字": 1, tp:  'e\u0301'} # …
   |                            ^^^

p.yaml:13:21: error[not-a-choice]: `serving.reasoning_parser`: the text "\\tglm 45" is not one of its choices
   |
13 |   reasoning_parser: '    glm 45'
   |                     ^^^^^^^^^^^^
   = did you mean `glm45`?

3 errors in p.yaml
""",
    ),
    Case(
        "a very long line",
        BASE
        + """\
serving: {chat_template: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", port: 0}
""",
        """\
p.yaml:11:186: error[out-of-bounds]: `serving.port` must be at least 1, found 0
   |
11 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", port: 0}
   |                                                              ^
   = The port to listen on.

1 error in p.yaml
""",
    ),
    Case(
        "Windows line ends",
        BASE.replace("count: 8", "count: 9").replace("\n", "\r\n"),
        """\
p.yaml:8:10: error[out-of-bounds]: `hardware.count` must be at most 8, found 9
  |
8 |   count: 9
  |          ^
  = GPUs of one replica: at most 8 in one container on Modal, 0 with `gpu: none`.

1 error in p.yaml
""",
    ),
    Case(
        "the same mistake in a flow mapping",
        BASE + "modal: {app: a, weights: {volume: w, path: w}, kernel_cache: {volume: k}}\n",
        """\
p.yaml:11:44: error[bad-pattern]: `modal.weights.path`: the text "w" is not an absolute path of letters, digits, `.`, `_` and `-`, such as `/model-cache`
   |
11 | modal: {app: a, weights: {volume: w, path: w}, kernel_cache: {volume: k}}
   |                                            ^
   = Where it is mounted. The image must have nothing at that path.

p.yaml:11:48: error[missing-key]: `path` is missing in `modal.kernel_cache`
   |
11 | modal: {app: a, weights: {volume: w, path: w}, kernel_cache: {volume: k}}
   |                                                ^^^^^^^^^^^^
   = add `path: …` (Where it is mounted. The image must have nothing at that path.)

2 errors in p.yaml
""",
    ),
    Case(
        "a tab after a value",
        BASE + "memory: {page_size: 64}\t# pages\n",
        """\
p.yaml:11:24: error[tab-indentation]: a tab stands where only spaces may separate
   |
11 | memory: {page_size: 64}    # pages
   |                        ^^^^
   = replace it by a space, or delete it

1 error in p.yaml
""",
    ),
    Case(
        "a document that ends too early",
        BASE
        + """\
...
memory: {}
""",
        """\
p.yaml:12:1: error[yaml-syntax]: the document has ended before this
   |
12 | memory: {}
   | ^
   = delete the line `...`, or the bracket or quote that ends it too early

1 error in p.yaml
""",
    ),
    Case(
        "a key without a name",
        BASE
        + """\
memory:
  : 64
""",
        """\
p.yaml:12:3: error[yaml-syntax]: a key is missing before this
   |
12 |   : 64
   |   ^
   = write `key: value`; put a text that begins with `:` or `?` in quotes

1 error in p.yaml
""",
    ),
    Case(
        "an anchor without a name",
        BASE
        + """\
serving:
  chat_template: & glm
""",
        """\
p.yaml:12:18: error[yaml-anchor]: a plain value cannot begin with `&` or `*`
   |
12 |   chat_template: & glm
   |                  ^
   = put the value in quotes

1 error in p.yaml
""",
    ),
    Case(
        "a tag without an end",
        BASE
        + """\
serving:
  chat_template: !<glm
""",
        """\
p.yaml:12:18: error[yaml-tag]: a plain value cannot begin with `!`; tags are not read
   |
12 |   chat_template: !<glm
   |                  ^
   = put the value in quotes if text is meant, or leave the tag out

1 error in p.yaml
""",
    ),
    Case(
        "a directive that YAML does not know in this version",
        """\
%YAML 2.0
---
name: glm
""",
        """\
p.yaml:1:1: error[yaml-directive]: directives (lines that begin with `%`) are not read
  |
1 | %YAML 2.0
  | ^
  = delete the line

1 error in p.yaml
""",
    ),
    Case(
        "a list below a key that has keys",
        BASE
        + """\
memory:
  page_size: 64
  - 32
""",
        """\
p.yaml:13:3: error[yaml-syntax]: a list item stands where a key is expected
   |
13 |   - 32
   |   ^
   = indent the list under the key that holds it

1 error in p.yaml
""",
    ),
    Case(
        "a key in a list",
        """\
- name: glm
target: local
""",
        """\
p.yaml:2:1: error[yaml-syntax]: a key stands where the next item of a list is expected
  |
2 | target: local
  | ^
  = begin the line with `- `, or indent it like the keys that it belongs with

1 error in p.yaml
""",
    ),
    Case(
        "a comma without an item",
        BASE
        + """\
lifecycle:
  warmup: [, chat]
""",
        """\
p.yaml:12:12: error[yaml-syntax]: there is no value before this
   |
12 |   warmup: [, chat]
   |            ^
   = put the value in quotes if it is meant to begin like this

1 error in p.yaml
""",
    ),
    Case(
        "a question mark",
        BASE
        + """\
memory:
  page_size: ? 64
""",
        """\
p.yaml:12:14: error[yaml-syntax]: a key is missing before this
   |
12 |   page_size: ? 64
   |              ^
   = write `key: value`; put a text that begins with `:` or `?` in quotes

1 error in p.yaml
""",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_malformed_profile(case: Case) -> None:
    loaded = load_profile(case.profile, "p.yaml")
    assert loaded.profile is None
    assert text(loaded.findings, color=False) == case.seen


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
