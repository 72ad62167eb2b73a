"""What one start compiled is there at the next, for whom it is valid, and written by one."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from deployer.errors import Failure
from deployer.event import Event
from deployer.facts.sglang.caches import CACHES
from deployer.release import Release, Variable
from deployer.serve.caches.keep import Caches
from deployer.serve.caches.key import CacheKey, cache_key, processor
from deployer.serve.caches.marker import CacheMarker, folder_of, marker_path
from tests.serve.kernels.kitchen import on_gpu
from tests.serve.living import make_release

IMAGE = {"MODAL_IMAGE_ID": "im-1", "MODAL_ENVIRONMENT": "main"}


@dataclass
class Shelf:
    """A volume in a folder; ``claims`` are those that are taken, ``dead`` refuses everything."""

    root: Path
    claims: set[str] = field(default_factory=set)
    dead: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    writes: list[str] = field(default_factory=list)

    def read(self, path: str) -> bytes | None:
        self._alive()
        return (self.root / path).read_bytes() if (self.root / path).exists() else None

    def put(self, files: Sequence[tuple[Path, str]]) -> None:
        self._alive()
        for source, path in files:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(source.read_bytes())
            self.writes.append(path)

    def names(self, folder: str) -> tuple[str, ...]:
        return tuple(each.name for each in (self.root / folder).iterdir())

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def claim(self, name: str, seconds: float) -> bool:
        assert seconds > 0
        self._alive()
        with self.lock:
            free = name not in self.claims
            self.claims.add(name)
        return free

    def give_back(self, name: str) -> None:
        self.claims.discard(name)

    def _alive(self) -> None:
        if self.dead:
            msg = "the volume is gone"
            raise Failure(msg)


@dataclass
class Start:
    """One container: its home, what it told, and its caches after :meth:`Caches.restore`."""

    home: Path
    shelf: Shelf
    release: Release = field(default_factory=make_release)
    environ: dict[str, str] = field(default_factory=lambda: dict(IMAGE))
    said: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.caches = Caches(
            self.release,
            self.shelf,
            environ=self.environ,
            tell=self.said.append,
            home=self.home,
            pause=0.0,
        )
        self.served = self.caches.restore()

    @property
    def variables(self) -> dict[str, str]:
        return {each.name: each.value for each in self.served.environment}

    def compile(self, name: str, path: str, text: str = "code") -> None:
        cache = next(each for each in CACHES if each.name == name)
        file = Path(self.variables[cache.variable], cache.inside, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def found(self) -> list[str]:
        return sorted(
            f"{cache.name}:{file.relative_to(folder).as_posix()}"
            for cache in CACHES
            if (folder := Path(self.variables.get(cache.variable, "/nowhere"), cache.inside))
            for file in folder.rglob("*")
            if file.is_file()
        )

    def last(self) -> str:
        return self.said[-1].message


def test_each_cache_is_found_again_and_written_when_it_grew(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "volume")
    first = Start(tmp_path / "1", shelf)
    assert "nothing is kept for this release" in first.last()
    for cache in CACHES:
        if cache.name != "deepgemm":
            first.compile(cache.name, "a/kernel", cache.name)
    first.compile("deepgemm", "cache/k.1/kernel.cubin")
    first.compile("deepgemm", "cache/k.1/.committed", "")
    first.compile("deepgemm", "cache/half.1/kernel.cubin")
    first.compile("sglang", "ple/table")
    first.caches.keep()
    assert first.said[-1].state == "done"
    assert "kept for later starts: triton 1 files" in first.last()
    assert shelf.claims == set()

    second = Start(tmp_path / "2", shelf)
    wanted = sorted(
        [f"{each.name}:a/kernel" for each in CACHES if each.name != "deepgemm"]
        + ["deepgemm:cache/k.1/kernel.cubin", "deepgemm:cache/k.1/.committed"]
    )
    # SGLang's own folder holds DeepGEMM's, where nobody says otherwise.
    own = [each for each in second.found() if not each.startswith("sglang:deep_gemm")]
    assert own == wanted
    assert second.caches.bytes > 0
    shelf.writes.clear()
    second.caches.keep()
    assert (second.last(), shelf.writes) == ("nothing new was compiled", [])

    second.compile("triton", "b/kernel")
    second.caches.keep()
    assert [each.split("/")[-1].partition("-")[0] for each in shelf.writes[:-1]] == ["triton"]
    third = Start(tmp_path / "3", shelf)
    assert {"triton:a/kernel", "triton:b/kernel", "tilelang:a/kernel"} <= set(third.found())
    folder = shelf.root / folder_of(cache_key(make_release(), IMAGE))
    assert len(list(folder.glob("triton-*.tar"))) == 1  # the older one is taken away


def test_what_the_image_holds_is_neither_kept_nor_replaced(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "volume")
    built = tmp_path / "1" / ".triton" / "cache" / "built-in"
    built.parent.mkdir(parents=True)
    built.write_text("of the image", encoding="utf-8")
    first = Start(tmp_path / "1", shelf)
    first.caches.keep()
    assert first.last() == "nothing new was compiled"
    first.compile("triton", "own")
    first.caches.keep()
    assert Start(tmp_path / "2", shelf).found() == ["triton:own"]


def test_a_stated_place_is_kept_and_one_in_a_volume_left_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "volume")
    stated = Variable("TRITON_CACHE_DIR", str(tmp_path / "mine"), "engine.env.TRITON_CACHE_DIR")
    release = replace(make_release(), environment=(stated,))
    first = Start(tmp_path / "1", shelf, release)
    assert first.variables["TRITON_CACHE_DIR"] == str(tmp_path / "mine")
    first.compile("triton", "own")
    first.caches.keep()
    assert "triton 1 files" in first.last()
    environ = {**IMAGE, "TILELANG_CACHE_DIR": "relative"}
    other = Start(tmp_path / "2", shelf, environ=environ)
    assert "TILELANG_CACHE_DIR" not in other.variables


OTHERS = {
    "image": {"MODAL_IMAGE_ID": "im-2"},
    "environment": {"MODAL_ENVIRONMENT": "dev"},
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS.keys())
def test_a_cache_is_run_by_nobody_for_whom_it_is_not_valid(
    tmp_path: Path, change: dict[str, str]
) -> None:
    shelf = Shelf(tmp_path / "volume")
    first = Start(tmp_path / "1", shelf)
    first.compile("triton", "own")
    first.caches.keep()
    assert Start(tmp_path / "2", shelf, environ={**IMAGE, **change}).found() == []
    release = make_release()
    engine = replace(release.engine, version="9.9.9")
    for number, other in enumerate((replace(release, engine=engine), on_gpu("H200"))):
        assert Start(tmp_path / f"3-{number}", shelf, other).found() == []
    assert Start(tmp_path / "4", shelf).found() == ["triton:own"]


def test_the_key_knows_the_machine_and_the_packages(tmp_path: Path) -> None:
    def asked(*_: object) -> dict[str, str]:
        return {"torch": "2.11.0"}

    plain = cache_key(make_release(), {}, asked)
    assert [each.version for each in plain.versions] == ["2.11.0"]
    assert cache_key(make_release(), IMAGE, asked).versions == ()
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("model name : A\nflags : sse avx512f\n", encoding="ascii")
    two.write_text("model name : B\nflags : avx512f sse\n", encoding="ascii")
    assert processor(one) == processor(two)
    two.write_text("flags : sse\n", encoding="ascii")
    assert len({processor(one), processor(two), processor(tmp_path / "none")}) == 3
    assert len({plain.digest(), replace(plain, processor="x").digest()}) == 2


def test_what_is_not_known_of_a_machine_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="does not say which packages it holds"):
        cache_key(make_release(), {}, lambda *_: {})
    with pytest.raises(Failure, match="none does not say what the CPU can do"):
        cache_key(make_release(), IMAGE, cpuinfo=tmp_path / "none")
    (tmp_path / "bare").write_text("model name : A\n", encoding="ascii")
    with pytest.raises(Failure, match="bare does not say what the CPU can do"):
        cache_key(make_release(), IMAGE, cpuinfo=tmp_path / "bare")


def test_a_damaged_or_foreign_list_or_file_is_left_and_written_anew(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "volume")
    first = Start(tmp_path / "1", shelf)
    first.compile("triton", "own")
    first.compile("tilelang", "own")
    first.caches.keep()
    key = cache_key(make_release(), IMAGE)
    tar = next((shelf.root / folder_of(key)).glob("triton-*.tar"))
    tar.write_bytes(tar.read_bytes()[:700])

    torn = Start(tmp_path / "2", shelf)
    assert torn.found() == ["tilelang:own"]
    assert any("triton is left out: it is torn" in each.message for each in torn.said)
    torn.compile("triton", "own")
    torn.caches.keep()
    assert "triton 1 files" in torn.last()
    assert Start(tmp_path / "3", shelf).found() == ["tilelang:own", "triton:own"]

    listed = shelf.root / marker_path(key)
    text = listed.read_text(encoding="utf-8")
    for spoilt in (text[:50], text.replace("im-1", "im-2"), _elsewhere(text)):
        listed.write_text(spoilt, encoding="utf-8")
        again = Start(tmp_path / f"4-{len(spoilt)}", shelf)
        assert again.found() == []
        assert "not to be trusted" in again.last()
        again.compile("triton", "own")
        again.caches.keep()
        assert "triton 1 files" in again.last()
        assert CacheMarker.of(listed.read_text(encoding="utf-8"), key).caches[0].files == 1


def _elsewhere(text: str) -> str:
    value = json.loads(text)
    value["caches"][0]["file"] = "../../../../etc/passwd"
    return json.dumps(value)


def test_of_two_that_start_together_one_writes(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "volume")
    one, two = Start(tmp_path / "1", shelf), Start(tmp_path / "2", shelf)
    for each in (one, two):
        each.compile("triton", "own")
    threads = [threading.Thread(target=each.caches.keep) for each in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = sorted(each.last().partition(":")[0].partition(";")[0] for each in (one, two))
    assert said[1] == "kept for later starts"
    assert said[0] in {
        "another container has written meanwhile", "another container writes what is new"
    }  # fmt: skip
    assert len(shelf.writes) == 2  # a file and the list


def test_whatever_goes_wrong_is_told_and_nothing_else(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "volume")
    dead = Start(tmp_path / "1", shelf)
    dead.compile("triton", "own")
    shelf.dead = True
    dead.caches.keep()
    assert (dead.said[-1].state, dead.last()) == (
        "failed", "what was compiled is not kept: the volume is gone"
    )  # fmt: skip
    dead.caches.close()
    dead.caches.keep()
    assert "the container ends" in dead.last()

    shelf.root.mkdir()
    (shelf.root / marker_path(cache_key(make_release(), IMAGE))).mkdir(parents=True)
    odd = Start(tmp_path / "2", shelf)
    assert (odd.said[-1].state, "cannot be read" in odd.last()) == ("failed", True)
    assert "TRITON_CACHE_DIR" in odd.variables


def test_an_unfinished_compilation_is_left_to_a_later_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Start(tmp_path / "1", Shelf(tmp_path / "volume"))
    count = iter(range(10_000))

    def listed() -> dict[str, dict[str, tuple[int, int]]]:
        return {"triton": {"own": (next(count), 0)}}

    monkeypatch.setattr(start.caches, "_listed", listed)
    start.caches.keep()
    assert start.last() == "what was compiled is not kept: it is still being compiled"


def test_keys_are_told_apart_by_what_they_hold() -> None:
    key = cache_key(make_release(), IMAGE)
    assert isinstance(key, CacheKey)
    assert (key.environment, key.image, key.versions) == ("main", "im-1", ())
