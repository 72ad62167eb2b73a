"""A pytest plugin: several pytests share the files of tests, each taken by whoever is free.

`-p tools.stages.share --share=FOLDER`, with a folder that they all have. A process imports only
what it runs, and hears of no other's tests: under xdist each of them collects every test, and one
more process is told of each.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from _pytest.runner import collect_one_node
from _pytest.warnings import catch_warnings_for_item

Node = pytest.Item | pytest.Collector

_AT_A_TIME = 20
"""Files after which what stays for good is taken out of what the collector goes through."""

_YOUNG = 50_000
"""New objects after which the collector looks at them: tests make many, and keep few."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says where the files are taken."""
    parser.addoption("--share", type=Path, metavar="FOLDER", help="share the files of tests")


def pytest_configure(config: pytest.Config) -> None:
    """Share where it was asked for."""
    if folder := config.getoption("--share"):
        gc.set_threshold(_YOUNG)
        config.pluginmanager.register(Sharing(folder))


class Sharing:
    """Collects and runs file by file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[Node] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """Find the files, and import none of them."""
        session.perform_collect(genitems=False)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[Node]) -> None:
        """Look into the folders while they are collected: afterwards their conftests are lost."""
        if not self._files:
            self._files = list(_files(items))
            items.clear()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests of one file after another, for as long as one is left."""
        for items in self._taken(session):
            # Behind a file's last test all is torn down: to know what comes next would be to take
            # it, and to keep it from whoever is free.
            for item, following in itertools.zip_longest(items, items[1:]):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.shouldfail:
                    raise session.Failed(session.shouldfail)
                if session.shouldstop:
                    raise session.Interrupted(session.shouldstop)
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Do not fail because the others took everything; that all ran nothing is seen outside."""
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK

    def _taken(self, session: pytest.Session) -> Iterator[list[pytest.Item]]:
        collected = taken = 0
        for number, file in enumerate(self._files, 1):
            if not self._take(number):
                continue
            items = _tests(session, file)
            collected += len(items)
            # What progress is told by: as if the files that nobody has taken yet were like these.
            session.testscollected = collected * len(self._files) // number
            taken += 1
            if taken % _AT_A_TIME == 0:
                gc.collect()
                gc.freeze()
            yield items

    def _take(self, number: int) -> bool:
        try:
            (self._folder / str(number)).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def _files(nodes: Iterable[Node]) -> Iterator[Node]:
    """Look into folders; what was asked for by name is given alone."""
    for node in nodes:
        if isinstance(node, pytest.Directory):
            report = collect_one_node(node)
            node.ihook.pytest_collectreport(report=report)
            yield from _files(report.result or ())
        else:
            yield node


def _tests(session: pytest.Session, file: Node) -> list[pytest.Item]:
    """Import a file; gives those of its tests that are asked for."""
    config = session.config
    with catch_warnings_for_item(config, config.hook, "collect", None):
        items = list(session.genitems(file))
    config.hook.pytest_collection_modifyitems(session=session, config=config, items=items)
    return items
