"""What strict YAML refuses (:mod:`deployer.profile.yaml_source` and what it is made of)."""

from __future__ import annotations

from deployer.check.reading.told import Told

TOLD = (
    Told(
        "duplicate-key",
        """One key twice in a section.

        Why it hurts: most readers of YAML keep the last of the two without a word, so that the line
        you look at may be the one that counts for nothing.

        Instead of ``-`` write ``+``::

              memory:
                mem_fraction_static: 0.85
            -   mem_fraction_static: 0.9

        Source: YAML 1.2.2, 3.2.1.3: keys are unique: https://yaml.org/spec/1.2.2/#3213-node-
        comparison
        """,
    ),
    Told(
        "empty-profile",
        """A file that says nothing.

        Why it hurts: there is nothing to serve.

        Instead of ``-`` write ``+``::

            - # nothing but a comment
            + name: glm

        Source: a profile has at least a name, a model and an engine, as `deployer schema` says.
        """,
    ),
    Told(
        "empty-value",
        """A key without a value.

        Why it hurts: to a reader of YAML it is null: a value that was forgotten looks like one that
        was taken back.

        Instead of ``-`` write ``+``::

              memory:
            -   mem_fraction_static:
            +   mem_fraction_static: 0.85

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/spec/1.2.2/#72-empty-nodes
        """,
    ),
    Told(
        "invisible-character",
        """A character in a value that is invisible.

        Why it hurts: the value looks like another one and is not; text copied from web pages often
        holds such spaces.

        Instead of ``-`` write ``+``::

            - name: gl<U+200B>m
            + name: glm

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/spec/1.2.2/#51-character-set
        """,
    ),
    Told(
        "multi-line-text",
        """A plain text that goes on over more than one line.

        Why it hurts: mostly it is a line that was indented too deep, and its key has become a part
        of the text above.

        Instead of ``-`` write ``+``::

            - name: glm
            + name: glm-five
            -   five

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/spec/1.2.2/#733-plain-style
        """,
    ),
    Told(
        "multiple-documents",
        """A second document in the file.

        Why it hurts: only one would count, and which one depends on the reader.

        Instead of ``-`` write ``+``::

              name: glm
            - ---
            - name: other

        Source: a profile is one document: https://yaml.org/spec/1.2.2/#92-streams
        """,
    ),
    Told(
        "nested-too-deep",
        """Values nested deeper than any profile.

        Why it hurts: mostly a bracket was never closed; a text that goes on like this takes a
        reader's memory.

        Instead of ``-`` write ``+``::

            - name: [[[[[[[[[[[[[[[[[[[glm]]]]]]]]]]]]]]]]]]]
            + name: glm

        Source: the limit of 16 levels is deployer's own, ``deployer/profile/yaml_nodes.py``.
        """,
    ),
    Told(
        "non-string-key",
        """A key that is no text.

        Why it hurts: YAML reads it as a number, a list or null, and no field has such a name.

        Instead of ``-`` write ``+``::

              engine:
                env:
            -     1: x
            +     ONE: x

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/spec/1.2.2/#3213-node-comparison
        """,
    ),
    Told(
        "not-a-mapping",
        """A file that is no section of keys and values.

        Why it hurts: nothing in it can be found by its name.

        Instead of ``-`` write ``+``::

            - - name: glm
            + name: glm

        Source: a profile is made of keys and values, as `deployer schema` says.
        """,
    ),
    Told(
        "tab-indentation",
        """A tab where YAML allows only spaces.

        Why it hurts: how wide a tab is depends on the editor, so the levels that you see need not
        be those that are read.

        Instead of ``-`` write ``+``::

              memory:
            - <U+0009>mem_fraction_static: 0.85
            +   mem_fraction_static: 0.85

        Source: YAML 1.2.2, 6.1: https://yaml.org/spec/1.2.2/#61-indentation-spaces
        """,
    ),
    Told(
        "yaml-anchor",
        """An anchor or an alias.

        Why it hurts: a value then stands somewhere else than where it applies, and a change of one
        line changes several.

        Instead of ``-`` write ``+``::

            - name: &name glm
            + name: glm
              model:
            -   served_name: *name
            +   served_name: glm

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/spec/1.2.2/#692-node-anchors
        """,
    ),
    Told(
        "yaml-boolean",
        """A word that is a boolean to some readers of YAML and text to others.

        Why it hurts: `on`, `off`, `yes`, `no` and `True` mean one thing to YAML 1.1 and another to
        YAML 1.2.

        Instead of ``-`` write ``+``::

              model:
            -   trust_remote_code: yes
            +   trust_remote_code: true

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/type/bool.html
        """,
    ),
    Told(
        "yaml-date",
        """A plain text that some readers take for a date.

        Why it hurts: it becomes a date, and the engine gets it in another spelling.

        Instead of ``-`` write ``+``::

              model:
            -   revision: 2026-01-01
            +   revision: "2026-01-01"

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/type/timestamp.html
        """,
    ),
    Told(
        "yaml-directive",
        """A directive: a line that begins with `%`.

        Why it hurts: it changes how everything below is read.

        Instead of ``-`` write ``+``::

            - %YAML 1.1
            - ---
              name: glm

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/spec/1.2.2/#68-directives
        """,
    ),
    Told(
        "yaml-merge-key",
        """A merge key.

        Why it hurts: a section then says less than what applies, and YAML 1.2 has no such keys:
        there it is an unknown key.

        Instead of ``-`` write ``+``::

              memory:
            -   <<: {mem_fraction_static: 0.85}
            +   mem_fraction_static: 0.85

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/type/merge.html
        """,
    ),
    Told(
        "yaml-null",
        """One of several spellings of null.

        Why it hurts: `~` and `Null` are null to some readers of YAML and text to others.

        Instead of ``-`` write ``+``::

              serving:
            -   api_key_env: ~
            +   api_key_env: null

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/type/null.html
        """,
    ),
    Told(
        "yaml-number",
        """A number that not all readers of YAML read as the same number.

        Why it hurts: `1e-5` is text to YAML 1.1, `010` is eight to one and ten to the other, and
        `65_536` is a number to one alone.

        Instead of ``-`` write ``+``::

              memory:
            -   max_total_tokens: 65_536
            +   max_total_tokens: 65536

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/type/float.html
        """,
    ),
    Told(
        "yaml-sexagesimal",
        """A plain text that some readers take for a number in base 60.

        Why it hurts: YAML 1.1 reads `1:30` as 90.

        Instead of ``-`` write ``+``::

              engine:
                env:
            -     WINDOW: 1:30
            +     WINDOW: "1:30"

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/type/int.html
        """,
    ),
    Told(
        "yaml-syntax",
        """A text that is no valid YAML.

        Why it hurts: nothing of the profile can be trusted.

        Instead of ``-`` write ``+``::

            - name: 'glm
            + name: 'glm'

        Source: YAML 1.2.2: https://yaml.org/spec/1.2.2/
        """,
    ),
    Told(
        "yaml-tag",
        """A tag in front of a value.

        Why it hurts: it says another kind than the value looks like, and some tags make a reader
        run code.

        Instead of ``-`` write ``+``::

              engine:
                env:
            -     RANK: !!str 1
            +     RANK: "1"

        Source: deployer reads only what YAML 1.1 and YAML 1.2 read alike,
        ``docs/decisions/0004-strict-yaml.md``; https://yaml.org/spec/1.2.2/#691-node-tags
        """,
    ),
)
"""By their ids, in order."""
