"""What a launch command may be that no profile compiles to (:mod:`deployer.check.command`)."""

from __future__ import annotations

from deployer.check.reading.told import Told
from deployer.finding import Severity

TOLD = (
    Told(
        "refused-config",
        """A `--config` file that cannot be read.

        Why it hurts: the engine does not start: it reads the file before anything else.

        Instead of ``-`` write ``+``::

            - --model-path m --config missing.yaml
            + --model-path m

        Source: SGLang ``srt/server_args_config_parser.py`` (``ConfigArgumentMerger``):
        https://github.com/sgl-project/sglang
        """,
    ),
    Told(
        "refused-list",
        """A command that the release's own parser refuses, for a reason of its own.

        Why it hurts: the engine ends with exit status 2, before it loads anything.

        Instead of ``-`` write ``+``::

            - --model-path m --tp
            + --model-path m --tp 8

        Source: the parser is made of the release's own declarations, ``deployer/parse``;
        https://docs.python.org/3/library/argparse.html
        """,
    ),
    Told(
        "too-many-words",
        """A command of more words than are read.

        Why it hurts: no release has so many flags, so this is a mistake of whatever wrote the
        command. Reading it all would take minutes, here and in the engine.

        Instead of ``-`` write ``+``::

            - --model-path m --lora-paths a b c (and 4,000 more)
            + --model-path m --lora-paths a b c

        Source: ``deployer/parse/read.py``, ``MOST_WORDS``.
        """,
    ),
    Told(
        "repeated-flag",
        """One flag twice, with different values.

        Why it hurts: the last one counts, without a word: the one that you read first need not be
        the one that holds.

        Instead of ``-`` write ``+``::

            - --model-path m --tp 8 --tp 4
            + --model-path m --tp 8

        Source: argparse's action ``store``: https://docs.python.org/3/library/argparse.html
        """,
        Severity.WARNING,
    ),
    Told(
        "required-missing",
        """A flag that no server starts without.

        Why it hurts: the engine ends with exit status 2, before it loads anything.

        Instead of ``-`` write ``+``::

            - --tp 8
            + --model-path m --tp 8

        Source: SGLang declares it as required; https://docs.python.org/3/library/argparse.html
        """,
    ),
)
"""By their ids, in order."""
