"""One at a time: a lock of an app, of a folder of a volume, or of a volume, on every machine.

It lies in a Dict of the environment. A lock has generations: who takes it writes the next one where
none is, which the platform lets only one do, and gives signs of life under it. A generation whose
signs have not changed for :data:`LAPSE` seconds of the waiter's own clock is over; no two clocks
are compared. The head only says where to begin to look, and is written before older ones go away.

Whoever fills a folder takes the folder's lock, and then looks at the volume's; whoever deletes the
volume takes the volume's, and then looks at those of the folders. So one of the two sees the other.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modal_proto import api_pb2

from deployer.apply.modal.rpc import answer, streamed
from deployer.apply.patience import current
from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.apply.modal.client import Account

NAME = "deployer-locks"
"""The Dict of each environment that holds the locks there; entries that nobody asks for go away
after 7 days (modal 1.6.4)."""

BEAT = 5.0
"""Seconds between two signs of life."""

LAPSE = 30.0
"""Seconds without one after which a holder is taken for gone."""

LOOK = 1.0
"""Seconds between two looks at another's signs of life."""

RELEASED = b"released"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: a person, a machine, a process, what it does."""

    who: str
    machine: str
    process: int
    doing: str

    def words(self) -> str:
        """Name it."""
        return f"{self.doing} of {self.who} on {self.machine} (process {self.process})"


@dataclass(frozen=True, slots=True)
class Clocks:
    """What a waiter measures with, and how it waits; both in seconds."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def here(doing: str) -> Holder:
    """Say who we are."""
    try:
        who = getpass.getuser()
    except (KeyError, OSError):  # no such user in this container
        who = str(os.getuid())
    return Holder(who, socket.gethostname(), os.getpid(), doing)


class Held:
    """A lock that is ours for now; ``refuse_lost`` says where it is not any more."""

    def __init__(self, entries: _Entries, name: str, generation: int) -> None:
        self._entries = entries
        self._name = name
        self._generation = generation
        self._over = threading.Event()
        self._heard = time.monotonic()
        self._thread = threading.Thread(target=self._beat, name="lock", daemon=True)
        self._thread.start()

    def refuse_lost(self) -> None:
        """Raise Failure where somebody else has taken it, or may have."""
        silent = time.monotonic() - self._heard
        taken = self._entries.get(_key(self._name, self._generation + 1))
        if taken is None and silent < LAPSE:
            return
        by = f": {_holder(taken).words()}" if taken else ""
        message = f"the lock of {self._name} is not ours any more{by}"
        raise Failure(message, hint="nothing more was done; look what became of it, and try again")

    def release(self) -> None:
        """Give it back; a lock that cannot be given back lapses by itself."""
        self._over.set()
        self._thread.join(BEAT)
        _give_back(self._entries, self._name, self._generation)

    def _beat(self) -> None:
        count = 0
        while not self._over.wait(BEAT):
            count += 1
            with suppress(Failure):  # the next one may get through
                self._entries.put(_beats(self._name, self._generation), str(count).encode())
                self._heard = time.monotonic()


@contextmanager
def alone(
    account: Account,
    name: str,
    doing: str,
    tell: Callable[[str], None],
    clocks: Clocks | None = None,
) -> Iterator[Held]:
    """Hold a lock while the block runs.

    Raises Failure, with the holder's name, where another one holds it and is alive. One that gives
    no sign of life is waited for until it has lapsed; ``tell`` hears of that.
    """
    held = _take(_Entries(account.environment), name, here(doing), tell, clocks or Clocks())
    try:
        yield held
    finally:
        held.release()


def whole(volume: str) -> str:
    """Name the lock of a volume; those of its folders begin with that."""
    return f"{volume}/"


def refuse_held(
    account: Account, name: str, tell: Callable[[str], None], clocks: Clocks | None = None
) -> None:
    """Raise Failure where another one holds a lock and is alive; it is not taken.

    One that gives no sign of life is waited for as :func:`alone` does.
    """
    entries, clocks = _Entries(account.environment), clocks or Clocks()
    while before := _newest(entries, name):
        if _is_over(entries, name, before, tell, clocks):
            return


def names_below(account: Account, name: str) -> tuple[str, ...]:
    """Name the locks that begin with ``name`` and were taken lately, whoever holds them still."""
    found = (key.rpartition("#")[0] for key in _Entries(account.environment).names())
    return tuple(sorted({each for each in found if each.startswith(name) and each != name}))


def _take(
    entries: _Entries,
    name: str,
    holder: Holder,
    tell: Callable[[str], None],
    clocks: Clocks,
) -> Held:
    while True:
        before = _newest(entries, name)
        if before and not _is_over(entries, name, before, tell, clocks):
            continue
        mine = before + 1
        if not entries.put_new(_key(name, mine), _written(holder)):
            continue
        if _head(entries, name) >= mine:  # taken, given back and tidied up while we watched
            entries.drop(_key(name, mine))
            continue
        try:
            entries.put(_beats(name, mine), b"0")
            entries.put(_first(name), str(mine).encode())
        except Failure:
            _give_back(entries, name, mine)
            raise
        with suppress(Failure):  # what is left of those before is in nobody's way
            for key in (_key(name, before), _beats(name, before)) if before else ():
                entries.drop(key)
        return Held(entries, name, mine)


def _give_back(entries: _Entries, name: str, generation: int) -> None:
    with suppress(Failure), current().tidying():
        entries.put(_beats(name, generation), RELEASED)


def _newest(entries: _Entries, name: str) -> int:
    """Find the newest generation; 0 before there was any."""
    found = _head(entries, name)
    while entries.get(_key(name, found + 1)) is not None:
        found += 1
    return found


def _head(entries: _Entries, name: str) -> int:
    said = entries.get(_first(name))
    return int(said) if said is not None and said.isdigit() else 0


def _is_over(
    entries: _Entries,
    name: str,
    generation: int,
    tell: Callable[[str], None],
    clocks: Clocks,
) -> bool:
    """Watch a generation until it has lapsed or is given back.

    False where it is gone meanwhile. Raises Failure where its holder gives a sign of life.
    """
    taken = entries.get(_key(name, generation))
    if taken is None:  # another one has it since; or all of it went away with the time
        return _newest(entries, name) == generation
    holder = _holder(taken)
    first = entries.get(_beats(name, generation))
    began = clocks.clock()
    if first != RELEASED:
        tell(f"the lock of {name} is held: {holder.words()}; looking whether it is alive")
    while True:
        beats = entries.get(_beats(name, generation))
        if beats == RELEASED:
            return True
        if beats != first:
            message = f"{name} is being changed by another: {holder.words()}"
            raise Failure(message, hint="nothing was done; try again when that has ended")
        if clocks.clock() - began >= LAPSE:
            tell(f"{holder.words()} gave no sign of life for {LAPSE:g} s: its lock has lapsed")
            return True
        current().refuse_over(f"{holder.words()} holds the lock of {name}")
        clocks.sleep(LOOK)


class _Entries:
    """The Dict's entries, as bytes: what others wrote is never unpickled here."""

    def __init__(self, environment: str) -> None:
        request = api_pb2.DictGetOrCreateRequest(
            deployment_name=NAME,
            environment_name=environment,
            object_creation_type=api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING,
        )
        self._id = answer("DictGetOrCreate", request).dict_id

    def get(self, key: str) -> bytes | None:
        found = answer("DictGet", api_pb2.DictGetRequest(dict_id=self._id, key=key.encode()))
        return bytes(found.value) if found.found else None

    def names(self) -> list[str]:
        """Give all keys; what is none of ours is passed over."""
        request = api_pb2.DictContentsRequest(dict_id=self._id, keys=True)
        return [one.key.decode(errors="replace") for one in streamed("DictContents", request)]

    def put(self, key: str, value: bytes) -> None:
        self._update(key, value, new=False)

    def put_new(self, key: str, value: bytes) -> bool:
        """Write where nothing is; whether this is what stands there then.

        An answer may be lost, and the question asked twice, so what stands there decides.
        """
        return self._update(key, value, new=True) or self.get(key) == value

    def drop(self, key: str) -> None:
        answer("DictPop", api_pb2.DictPopRequest(dict_id=self._id, key=key.encode()))

    def _update(self, key: str, value: bytes, *, new: bool) -> bool:
        request = api_pb2.DictUpdateRequest(
            dict_id=self._id,
            updates=[api_pb2.DictEntry(key=key.encode(), value=value)],
            if_not_exists=new,
        )
        return bool(answer("DictUpdate", request).created)


def _first(name: str) -> str:
    return f"{name}#"


def _key(name: str, generation: int) -> str:
    return f"{name}#{generation}"


def _beats(name: str, generation: int) -> str:
    return f"{name}#{generation}.beats"


def _written(holder: Holder) -> bytes:
    """Write who holds a lock, unlike any other time."""
    value = {
        "who": holder.who,
        "machine": holder.machine,
        "process": holder.process,
        "doing": holder.doing,
        "token": uuid.uuid4().hex,
    }
    return json.dumps(value).encode()


def _holder(data: bytes) -> Holder:
    """Read who holds a lock; what cannot be read is somebody all the same."""
    try:
        value = json.loads(data)
        return Holder(
            str(value["who"]), str(value["machine"]), int(value["process"]), str(value["doing"])
        )
    except (ValueError, KeyError, TypeError):
        return Holder("somebody", "another machine", 0, "something")
