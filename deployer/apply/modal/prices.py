"""The prices of an account, asked for once and kept with their date."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.apply.files import make_folder, refuse_foreign, state_home, write_whole
from deployer.apply.modal.token import is_surely_missing
from deployer.apply.unseen import token_missing
from deployer.codec import decode, encode, read_json
from deployer.errors import Failure
from deployer.facts.prices import SHIPPED, Prices, prices_from_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def refresh(environ: Mapping[str, str] = os.environ) -> Prices:
    """Ask Modal for the account's rates and keep them.

    Raises NotAsked where there is no token, and Failure where Modal has no rates for us.
    """
    if is_surely_missing(environ):
        raise token_missing()
    from deployer.apply.modal.rpc import told  # noqa: PLC0415 - imports modal

    rates = told("the account's rates", _rates)
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    prices = prices_from_rates(rates.items(), today)
    if not prices.gpus:
        message = "Modal's answer about rates names no GPU"
        raise Failure(message, hint="`modal billing rates` shows it")
    path = _path(environ)
    make_folder(path.parent)
    write_whole(path, json.dumps(encode(prices), indent=2) + "\n")
    return prices


def known(environ: Mapping[str, str] = os.environ, *, on_damage: Callable[[str], None]) -> Prices:
    """Give the prices that were asked for last, or the table that this version ships.

    ``on_damage`` is told, in a sentence, of a table that is there and cannot be read.
    """
    path = _path(environ)
    try:
        return decode(Prices, read_json(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return SHIPPED  # nobody has asked for any, and the figures name their table
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        on_damage(
            f"The prices in {path} cannot be read ({why}), so those that are shipped are taken, of "
            f"{SHIPPED.date}: `--refresh-prices` on plan or cost asks for them again."
        )
        return SHIPPED


async def _rates() -> Mapping[str, object]:
    import modal  # noqa: PLC0415 - slow, and only for this

    return await modal.Workspace.from_context().billing.rates.aio()


def _path(environ: Mapping[str, str]) -> Path:
    folder = state_home(environ) / "modal"
    refuse_foreign(folder)
    return folder / "prices.json"
