"""What is committed of the signatures of Modal's client is what this client has.

Run with the oldest client too (see ``test_oldest_client.py``): a keyword that a release brings or
loses is seen here, and decided about in ``deployer/facts/modal/keywords.py``.
"""

from __future__ import annotations

import modal
import pytest

from deployer.facts.modal.signatures import signatures
from tools.modal_signatures import signatures as taken

pytestmark = pytest.mark.process


def test_the_committed_signatures_are_those_of_this_client() -> None:
    assert modal.__version__ in signatures(), "`python -m tools.modal_signatures --write`"
    assert taken() == signatures()[modal.__version__]
