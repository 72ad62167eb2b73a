"""An account of which each thing is asked once: for a verb that looks at many profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from deployer.apply.modal.client import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deployer.apply.modal.things import AppFacts, ContainerFacts, HistoryEntry

T = TypeVar("T")


LASTING = frozenset({"secret"})
"""Kinds of answers that no verb changes which looks at an account this way."""


class Look(Account):
    """Remembers what was answered; what changes anything is asked of another (:meth:`anew`)."""

    def __init__(self, environment: str = "") -> None:
        super().__init__(environment)
        self._known: dict[tuple[object, ...], object] = {}

    def at(self, environment: str) -> Account:
        """Give the account at another environment, of which nothing is remembered yet."""
        other = Look.__new__(Look)
        other.environment, other._known = environment, {}  # noqa: SLF001 - of this class
        return other

    def anew(self) -> Account:
        """Give an account that remembers nothing."""
        other = Account.__new__(Account)  # it is known already that Modal is reached
        other.environment = self.environment
        return other

    def changed(self) -> None:
        """Forget all but what no verb changes."""
        self._known = {key: value for key, value in self._known.items() if key[1] in LASTING}

    def app(self, name: str) -> AppFacts | None:
        """Look an app up."""
        return self._once(("app", name), lambda: Account.app(self, name))

    def history(self, app: AppFacts) -> tuple[HistoryEntry, ...]:
        """Give every version of an app."""
        return self._once(("history", app.id), lambda: Account.history(self, app))

    def tags(self, app: AppFacts) -> dict[str, str]:
        """Give an app's tags."""
        return self._once(("tags", app.id), lambda: Account.tags(self, app))

    def containers(self, app_id: str) -> tuple[ContainerFacts, ...]:
        """Give an app's containers."""
        return self._once(("containers", app_id), lambda: Account.containers(self, app_id))

    def secret_problem(self, name: str, *variables: str) -> str:
        """Say what is wrong with a secret."""
        key = ("secret", name, *variables)
        return self._once(key, lambda: Account.secret_problem(self, name, *variables))

    def read_each(self, volume: str, paths: Sequence[str]) -> list[bytes | None]:
        """Read files of a volume."""
        key = ("read", volume, *paths)
        return self._once(key, lambda: Account.read_each(self, volume, paths))

    def sizes(self, volume: str, folder: str) -> dict[str, int]:
        """Give the files below a folder of a volume."""
        return self._once(("sizes", volume, folder), lambda: Account.sizes(self, volume, folder))

    def _once(self, key: tuple[object, ...], ask: Callable[[], T]) -> T:
        here = (self.environment, *key)
        if here not in self._known:
            self._known[here] = ask()
        return cast("T", self._known[here])
