"""Speculative decoding."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deployer.profile.flag import Flag
from deployer.profile.names import DraftModel, Revision
from deployer.profile.section import Section


class Speculative(Section):
    """Speculative decoding: a cheap draft proposes tokens, the model verifies them at once."""

    algorithm: Annotated[
        Literal["EAGLE", "EAGLE3", "NEXTN", "STANDALONE", "NGRAM", "DFLASH", "DSPARK", "UNO"],
        Flag("--speculative-algorithm", 300),
    ]
    """The algorithm. `EAGLE` uses the checkpoint's own multi-token-prediction layer in GLM-5.
    `DFLASH`, `DSPARK` and `UNO` are of newer releases."""

    num_steps: Annotated[int | None, Flag("--speculative-num-steps", 301), Field(ge=1)] = None
    """Draft steps between two verifications."""

    eagle_topk: Annotated[int | None, Flag("--speculative-eagle-topk", 302), Field(ge=1)] = None
    """Branches of the draft tree at each step; sparse attention supports only 1."""

    num_draft_tokens: Annotated[int | None, Flag("--speculative-num-draft-tokens", 303)] = Field(
        default=None, ge=1
    )
    """Tokens that are verified at once. With `eagle_topk: 1` they follow from `num_steps`, so leave
    them out: always one more."""

    draft_model: Annotated[DraftModel | None, Flag("--speculative-draft-model-path", 304)] = None
    """The draft model's repository, where the checkpoint does not bring its own. It is downloaded
    beside the model, proven and mounted like it. An absolute path is a folder that you fill."""

    draft_revision: Revision = "main"
    """The revision of the draft model's repository: best a commit."""
