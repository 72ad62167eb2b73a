"""What keeps a text from being read at all (:mod:`deployer.profile.yaml_text`)."""

from __future__ import annotations

from deployer.check.reading.told import Told

TOLD = (
    Told(
        "byte-order-mark",
        """The file begins with a byte order mark.

        Why it hurts: it is invisible, and to some readers a part of the first key.

        Instead of ``-`` write ``+``::

            - <U+FEFF>name: glm
            + name: glm

        Source: YAML 1.2.2, 5.2 (character encodings): https://yaml.org/spec/1.2.2/#52-character-encodings
        """,
    ),
    Told(
        "control-character",
        """A character that no editor shows.

        Why it hurts: two values that look alike are not the same, and lines are counted differently
        by editors and readers.

        Instead of ``-`` write ``+``::

            - name: "glm<U+2028>"
            + name: "glm"

        Source: YAML 1.2.2, 5.1 (character set): https://yaml.org/spec/1.2.2/#51-character-set
        """,
    ),
    Told(
        "file-too-large",
        """A file that is far too large for a profile.

        Why it hurts: it is another file than was meant; a profile takes a few kilobytes.

        Instead of ``-`` write ``+``::

            - # any YAML file of more than 256 * 1024 characters
            + name: glm

        Source: the limit is deployer's own, ``deployer/profile/yaml_text.py``.
        """,
    ),
    Told(
        "not-utf-8",
        """A byte that is no UTF-8.

        Why it hurts: what it means depends on who reads it.

        Instead of ``-`` write ``+``::

            - name: glm # modèle<0xE9>
            + name: glm # modèle

        Source: YAML 1.2.2, 5.2 (character encodings): https://yaml.org/spec/1.2.2/#52-character-encodings
        """,
    ),
    Told(
        "nul-character",
        """The file holds a NUL character.

        Why it hurts: it is no plain text; files saved as UTF-16 look like this.

        Instead of ``-`` write ``+``::

            - name: glm<U+0000>
            + name: glm

        Source: YAML 1.2.2, 5.1 (character set): https://yaml.org/spec/1.2.2/#51-character-set
        """,
    ),
    Told(
        "unreadable-file",
        """A path of a profile that is no ordinary file, or a link out of the repository.

        Why it hurts: whoever commits a link chooses what is read on your machine and shown in the
        log of a CI run: `/proc/self/environ` holds its secrets. A folder, a pipe or a device holds
        no profile. None of them was looked at; the other profiles were.

        Instead of ``-`` write ``+``::

            - # profiles/env.yaml is a link to /proc/self/environ
            + # profiles/env.yaml is a file, or a link to another one of the same repository

        Source: ``deployer/cli/links.py``; proc_pid_environ(5):
        https://man7.org/linux/man-pages/man5/proc_pid_environ.5.html
        """,
    ),
)
"""By their ids, in order."""
