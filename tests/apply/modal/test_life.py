"""The life of a deployment on the command line: everything but the engine is real."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from grpclib import Status
from modal_proto import api_pb2

from deployer.apply.modal.rpc import answer
from deployer.cli.take_over import mark_of
from deployer.plan.file import shown
from tests.apply.modal.conftest import World
from tests.fakes.modal.worker import Task

pytestmark = pytest.mark.process


def deployed(world: World, path: str, *more: str) -> dict[str, Any]:
    code, out, err = world.run("apply", path, "--yes", "--no-verify", "--format", "json", *more)
    assert code == 0, err
    return dict(json.loads(out))


def plan(world: World, path: str, *more: str) -> tuple[int, dict[str, Any]]:
    code, out, err = world.run("plan", path, "--detailed-exitcode", "--format", "json", *more)
    assert code in {0, 2}, err
    return code, json.loads(out)


def changes(shown: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = shown["diff"]["changes"] if shown["diff"] else []
    return [(one["key"], one["old"], one["new"]) for one in found]


def running(shown: dict[str, Any]) -> list[str]:
    return [phase["phase"] for phase in shown["phases"] if phase["runs"]]


def test_plan_apply_plan_edit_rollback_drift(containers: World) -> None:
    world = containers
    path = world.profile()
    code, shown = plan(world, path)
    assert (code, running(shown)) == (2, ["weights", "deploy", "wait", "verify"])
    before = {name for name, _ in world.plane.calls}
    assert not before & {"AppCreate", "AppPublish", "FunctionMap", "VolumePutFiles"}

    first = deployed(world, path)
    assert (first["outcome"], first["version"]) == ("deployed", 1)
    code, shown = plan(world, path)
    assert (code, running(shown)) == (0, [])
    code, out, _ = world.run("apply", path, "--no-verify")
    head = "tiny is as its profile says (version 1); nothing was done\n"
    assert (code, out.startswith(head)) == (0, True)
    assert "just now: no container runs, so the server was not asked" in out
    code, out, err = world.run("apply", path)
    assert (code, out.startswith(head)) == (1, True)
    assert re.search("verified +nothing on record here", out)
    assert "Nothing says that it keeps its promises: `deployer verify tiny` asks it" in err
    assert len(world.plane.requests("AppPublish")) == 2  # the download's own app, and this one

    world.profile(max_prefill_tokens="  max_prefill_tokens: 16384")
    code, shown = plan(world, path)
    assert code == 2
    assert changes(shown) == [("schedule.max_prefill_tokens", "32768", "16384")]
    assert running(shown) == ["deploy", "wait", "verify"]
    second = deployed(world, path)
    assert second["version"] == 2
    assert second["digest"] != first["digest"]

    code, out, err = world.run("rollback", "tiny", "--yes", "--no-verify", "--format", "json")
    assert code == 0, err
    back = json.loads(out)
    assert (back["version"], back["digest"]) == (3, first["digest"])
    assert world.plane.app("tiny-app").tags["deployer.release"] == first["digest"]
    code, out, _ = world.run("history", "tiny", "--format", "json")
    versions = json.loads(out)["versions"]
    assert [(v["version"], v["release"], v["rollback_of"]) for v in versions] == [
        (3, first["digest"], 1),
        (2, second["digest"], None),
        (1, first["digest"], None),
    ]
    _, shown = plan(world, path)
    assert changes(shown) == [("schedule.max_prefill_tokens", "32768", "16384")]

    world.profile()
    assert world.run("drift", path)[0] == 0
    override(world, min_containers=1)
    code, out, _ = world.run("drift", path, "--format", "json")
    assert code == 2
    assert json.loads(out)["differences"] == [
        {
            "kind": "autoscaler",
            "key": "modal.min_containers",
            "what": "min_containers",
            "wanted": "0",
            "found": "1",
        }
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_preempted_compilation_keeps_its_kernels(stocked: World, number: signal.Signals) -> None:
    world = stocked
    path = world.profile(gpu="  gpu: H100")
    world.plane.worker.variables["FAKE_COMPILE"] = "--committed --kernels 7 --hang"

    over = threading.Event()

    def preempt() -> None:
        while not over.is_set():
            for task in list(world.plane.worker.tasks.values()):
                if any("kernel 6 is whole" in line for line in task.log):
                    return task.process.send_signal(number)
            time.sleep(0.05)
        return None

    thread = threading.Thread(target=preempt)
    thread.start()
    code, _, err = world.run("apply", path, "--yes", "--no-verify")
    over.set()
    thread.join()
    assert (code, "Traceback" in err) == (1, False), err
    found = list((world.folder / "mnt" / "kernels" / "cache").glob("*/.committed"))
    assert len(found) == 7
    assert world.plane.requests("VolumeCommit")

    world.plane.worker.variables["FAKE_COMPILE"] = "--committed --kernels 9"
    world.plane.calls.clear()
    deployed(world, path)
    log = "".join(list(world.plane.worker.tasks.values())[-1].log)
    assert "7 kernels of the volume may serve again" in log
    assert re.findall(r"compiled (\d+)", log) == ["7", "8"]
    assert "2 new kernels are on the volume" in log


def test_kernels_are_compiled_once_and_again_for_a_reason(containers: World) -> None:
    """On an H100, for which DeepGEMM has kernels; the compilation is a fake."""
    world = containers
    walks = "  scaledown_window: 300\n  kernels: {walk: false}"
    path = world.profile(gpu="  gpu: H100", scaledown_window=walks)
    world.plane.worker.variables["FAKE_COMPILE"] = "--committed --die exit"
    code, _, err = world.run("apply", path, "--yes", "--no-verify")
    assert code == 1
    assert re.search(r"✓ weights.*✗ kernels", err, re.DOTALL), err
    world.plane.worker.variables["FAKE_COMPILE"] = "--committed"
    code, shown = plan(world, path)
    assert running(shown)[0] == "kernels"
    deployed(world, path)
    code, shown = plan(world, path)
    assert (code, running(shown)) == (0, [])
    assert "3 kernels" in shown["phases"][1]["reason"]

    app = world.plane.app("tiny-app")
    task = world.plane.run(world.plane.worker.start(app.functions["Server.*"]))
    wait_for(world, task.id, "serving started")
    environment = Path(f"/proc/{engine_of(task)}/environ").read_text(encoding="utf-8")
    found = re.search(r"SGLANG_DG_CACHE_DIR=([^\0]+)", environment)
    assert found
    assert len(list(Path(found[1]).glob("cache/*/kernel.cubin"))) == 3
    assert "SGLANG_JIT_DEEPGEMM_PRECOMPILE=false\0" in f"{environment}\0"
    assert any("3 kernels" in line and "does not walk over them" in line for line in task.log)
    assert not Path(found[1]).is_relative_to(world.folder)  # not on the volume
    world.plane.run(world.plane.worker.terminate(task))

    world.profile(gpu="  gpu: H100", max_prefill_tokens="  max_prefill_tokens: 8192")
    assert "kernels" not in running(plan(world, path)[1])
    world.profile(
        gpu="  gpu: H100", watchdog_timeout="  watchdog_timeout: 1200\nmoe:\n  runner: deep_gemm"
    )
    shown = plan(world, path)[1]
    assert running(shown)[0] == "kernels"
    assert shown["phases"][1]["reason"] == (
        "kernels compile again, because moe.runner (not set) -> deep_gemm"
    )


def engine_of(task: Task) -> int:
    """Find the engine's process."""
    line = next(each for each in task.log if "launch done" in each)
    return int(line.rsplit("process ", 1)[1])


def test_a_rollback_that_leaves_the_tags_has_them_mended(stocked: World) -> None:
    world = stocked
    world.plane.rollback_brings_tags = False
    path = world.profile()
    first = deployed(world, path)
    world.profile(mem_fraction_static="  mem_fraction_static: 0.8")
    deployed(world, path)
    assert world.run("rollback", path, "--yes", "--no-verify")[0] == 0
    assert world.plane.app("tiny-app").tags["deployer.release"] == first["digest"]
    code, _, err = world.run("rollback", path, "--to", "9", "--yes")
    assert (code, "The versions are 3, 2, 1" in err) == (2, True)
    assert world.run("rollback", path, "--to", "2", "--yes", "--no-verify")[0] == 0
    assert plan(world, path)[0] == 0


def override(world: World, **settings: int) -> None:
    """Change the autoscaler by hand, as `modal` does it."""
    app = world.plane.app("tiny-app")
    request = api_pb2.FunctionUpdateSchedulingParamsRequest(
        function_id=app.functions["Server.*"], settings=api_pb2.AutoscalerSettings(**settings)
    )
    answer("FunctionUpdateSchedulingParams", request)


def test_another_machine_sees_the_same_change(
    stocked: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = stocked
    path = world.profile()
    deployed(world, path)
    with monkeypatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(tmp_path / "another-machine"))
        world.profile(mem_fraction_static="  mem_fraction_static: 0.8")
        code, shown = plan(world, path)
        assert code == 2
        assert changes(shown) == [("memory.mem_fraction_static", "0.88", "0.8")]
        code, out, err = world.run("plan", path, "--offline")
    assert code == 0
    assert "nothing is recorded on this machine" in out
    assert "Traceback" not in err


def test_a_written_plan_is_carried_out_unless_the_world_moved(
    stocked: World, tmp_path: Path
) -> None:
    world = stocked
    path, file = world.profile(), str(tmp_path / "plan.json")
    code, _, err = world.run("plan", path, "-o", file)
    assert (code, f"`deployer apply {file}`" in err) == (0, True)
    code, _, err = world.run("apply", file, "--yes", "--no-verify")
    assert code == 0, err

    world.profile(mem_fraction_static="  mem_fraction_static: 0.8")
    assert world.run("plan", path, "-o", file)[0] == 0
    world.profile(mem_fraction_static="  mem_fraction_static: 0.7")
    deployed(world, path)
    code, _, err = world.run("apply", file, "--yes", "--no-verify")
    assert code == 1
    assert "version 2 was deployed meanwhile, and it is against 1" in err
    assert len(world.plane.app("tiny-app").versions) == 2

    Path(file).write_text("{", encoding="utf-8")
    code, _, err = world.run("apply", file, "--yes")
    assert (code, "Traceback" in err) == (2, False)


def test_profiles_of_equal_shape_never_run_one_another(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that read its profile in the container would find the wrong one, or none."""
    world = containers
    for name, fraction in (("one", "0.81"), ("two", "0.82")):
        world.profile(name, folder=name, mem_fraction_static=f"  mem_fraction_static: {fraction}")
        monkeypatch.chdir(world.folder / name)
        deployed(world, f"{name}.yaml")
    for name, fraction in (("two", "0.82"), ("one", "0.81")):
        server = world.plane.app(f"{name}-app")
        world.plane.run(world.plane.worker.start(server.functions["Server.*"]))
        task = list(world.plane.worker.tasks.values())[-1]
        baked = world.plane.state.root / "containers" / task.id / "root" / "deployer-release.json"
        words = json.loads(baked.read_text(encoding="utf-8"))["arguments"]
        flag = next(a for a in words if a["flag"] == "--mem-fraction-static")
        assert flag["values"] == [fraction]
        wait_for(world, task.id, "serving started")
        assert "deployer: serving started" in "".join(task.log)
        world.plane.run(world.plane.worker.terminate(task))


def wait_for(world: World, task_id: str, text: str, seconds: float = 60.0) -> None:
    """Wait until a container has written something."""
    task = world.plane.worker.tasks[task_id]
    said = world.plane.run(
        world.plane.state.until(lambda: any(text in line for line in task.log), seconds)
    )
    assert said, "".join(task.log)


def test_a_failed_phase_is_named_and_is_where_the_next_apply_goes_on(containers: World) -> None:
    world = containers
    path = world.profile()
    shard = next(name for name in world.hub.files if name.endswith("00002-of-00003.safetensors"))
    lost = world.hub.files.pop(shard)
    code, _, err = world.run("apply", path, "--yes", "--no-verify")
    assert code == 1
    assert re.search(r"✗ weights", err), err
    assert shard in err
    assert not any(name == "ClassCreate" for name, _ in world.plane.calls)

    world.hub.files[shard] = lost
    deployed(world, path)

    world.profile(mem_fraction_static="  mem_fraction_static: 0.8")
    world.plane.refuse("AppPublish", Status.RESOURCE_EXHAUSTED, "quota exceeded")
    code, _, err = world.run("apply", path, "--yes", "--no-verify")
    assert code == 1
    assert "shows the workspace's limits" in err
    world.plane.mend()
    assert deployed(world, path)["version"] == 2


def test_a_branch_that_moved_is_another_folder(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    old, new = world.hub.commit, "d" * 40
    world.hub.commit = new
    world.hub.commits = {new, "main"}
    code, shown = plan(world, path)
    assert code == 2
    assert running(shown)[0] == "weights"
    assert any("`main` of example/tiny has moved" in note for note in shown["notes"])
    assert ("model.revision", old, new) in changes(shown)
    deployed(world, path)
    volume = next(v for v, (name, _) in world.plane.state.volumes.items() if name == "weights")
    folder = world.plane.state.volume(volume) / "tiny"
    assert sorted(each.name for each in folder.iterdir()) == sorted([old, new])


def test_destroy_keeps_volumes_unless_named(stocked: World) -> None:
    world = stocked
    path = world.profile()
    deployed(world, path)
    code, _, err = world.run("destroy", path, "--yes", "--volume", "weihgts")
    assert (code, "Its volumes are kernels, weights" in err) == (2, True)
    assert world.plane.app("tiny-app").deployed
    copy = world.folder / "copy.yaml"
    copy.write_text(Path(path).read_text(encoding="utf-8"), encoding="utf-8")
    code, out, err = world.run("destroy", str(copy), "--yes")
    assert code == 0
    assert f"note: the app tiny-app was deployed from {shown(mark_of(path))}\n" in err
    assert "the volume weights was left alone" in out
    assert not world.plane.app("tiny-app").deployed
    volumes = {name for name, _ in world.plane.state.volumes.values()}
    assert {"weights", "kernels"} <= volumes
    code, out, _ = world.run("destroy", path, "--yes", "--volume", "kernels")
    assert (code, "the volume kernels is deleted" in out) == (0, True)
    code, out, _ = world.run("status", path, "--format", "json")
    assert json.loads(out)["on_modal"][0]["state"] == "stopped"
    deployed(world, path)


def test_no_secret_is_in_anything_that_travels_or_is_kept(
    containers: World, tmp_path: Path
) -> None:
    from tests.apply.modal.conftest import KEY, MODAL_SECRET, TOKEN  # noqa: PLC0415 - their one use

    world = containers
    path = world.profile()
    world.run("plan", path, "-o", str(tmp_path / "plan.json"))
    deployed(world, path)
    for words in (("status",), ("history", path), ("drift", path), ("logs", path)):
        world.run(*words)
    world.plane.refuse("AppGetByDeploymentName", Status.UNAUTHENTICATED, "no")
    world.run("plan", path)
    world.plane.mend()

    messages = b"".join(message.SerializeToString() for name, message in world.plane.calls)
    logs = "".join(line for task in world.plane.worker.tasks.values() for line in task.log)
    kept = [
        each.read_bytes()
        for root in (tmp_path, Path(os.environ["XDG_STATE_HOME"]))
        for each in root.rglob("*")
        if each.is_file() and not each.is_symlink()
    ]
    everything = b"\0".join([messages, logs.encode(), *kept, *(s.encode() for s in world.said)])
    for canary in (KEY, TOKEN, MODAL_SECRET):
        assert canary.encode() not in everything
    assert b"deployer.release" in everything  # it looks where something is


def test_a_server_that_fails_to_start_is_told_and_owed(stocked: World) -> None:
    world = stocked
    path = world.profile()
    world.plane.worker.variables["FAKE_ENGINE"] = "--exit-early 3"
    code, _, err = world.run("apply", path, "--yes")
    assert code == 1
    assert re.search(r"✗ wait", err), err
    assert "the server failed to start: the engine" in err
    assert "rollback" not in err  # there is nothing to go back to
    code, shown = plan(world, path)
    assert (code, running(shown)) == (2, ["wait", "verify"])
    assert "was not seen to keep its promises yet" in shown["phases"][3]["reason"]
    world.plane.worker.variables["FAKE_ENGINE"] = ""
    code, _, err = world.run("apply", path, "--yes")
    assert code == 1  # the fake answers no completion as it should
    assert re.search(r"✓ wait", err), err
    assert re.search(r"✗ verify", err), err
    assert len(world.plane.app("tiny-app").versions) == 1
