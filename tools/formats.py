"""What other tools take, by their own rules: `python -m tools.formats PYTHON` asks those tools.

PYTHON is the interpreter of an environment that holds kubernetes-validate 1.37.0 and SkyPilot
0.14.1 (about 500 MB), which whoever asks has made. Every shipped profile is ejected, and they judge
the files. With `--write` what the tests judge by is written anew, too: the schemas of both as data
(``tests/data/formats``). Those of compose and LeaderWorkerSet have no package; the folder's README
says where they come from.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

KUBERNETES = "1.37.0"
ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests/data/formats"

JUDGE = """
import json, sys, yaml
import kubernetes_validate, sky
for path in sys.argv[2:]:
    if "skypilot" in path:
        sky.Task.from_yaml(path)
        continue
    for one in yaml.safe_load_all(open(path)):
        if one["kind"] == "LeaderWorkerSet":  # no kind of Kubernetes itself: its pods are
            for key in ("leaderTemplate", "workerTemplate"):
                pod = one["spec"]["leaderWorkerTemplate"][key]
                as_pod = {"apiVersion": "v1", "kind": "Pod", **pod}
                as_pod["metadata"] = {"name": "x", **pod["metadata"]}
                kubernetes_validate.validate(as_pod, sys.argv[1], strict=True)
        else:
            kubernetes_validate.validate(one, sys.argv[1], strict=True)
"""

SKYPILOT_SCHEMA = """
import json
from sky.utils import schemas
print(json.dumps(schemas.get_task_schema() | {"properties": {
    **schemas.get_task_schema()["properties"], "resources": schemas.get_resources_schema()}}))
"""

KUBERNETES_SCHEMA = """
import json, pathlib, sys, kubernetes_validate
folder = pathlib.Path(kubernetes_validate.__file__).parent / (
    f"kubernetes-json-schema/v{sys.argv[1]}-local-strict")
definitions = json.loads((folder / "_definitions.json").read_text())["$defs"]
wanted = ["io.k8s.api.apps.v1.Deployment", "io.k8s.api.core.v1.Service",
          "io.k8s.api.core.v1.PodTemplateSpec"]
kept = {}
while wanted:
    name = wanted.pop()
    if name in kept:
        continue
    def plain(node):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                other = node["$ref"].rpartition("/")[2]
                wanted.append(other)
                return {"$ref": f"#/definitions/{other}"}
            return {key: plain(one) for key, one in node.items()
                    if key != "description" or not isinstance(one, str)}
        return [plain(one) for one in node] if isinstance(node, list) else node
    kept[name] = plain(definitions[name])
print(json.dumps({"definitions": dict(sorted(kept.items()))}))
"""


def main() -> int:
    """Judge the files of every shipped profile; give 1 where a tool refuses one."""
    parser = argparse.ArgumentParser(prog="python -m tools.formats", description=__doc__)
    parser.add_argument("python", help="of an environment that holds both tools")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    python, write = asked.python, asked.write
    with tempfile.TemporaryDirectory() as folder:
        files = _ejected(Path(folder))
        judged = subprocess.run([python, "-c", JUDGE, KUBERNETES, *files], check=False)
        if write:
            for name, script in (
                ("skypilot", SKYPILOT_SCHEMA), ("kubernetes", KUBERNETES_SCHEMA),
            ):  # fmt: skip
                said = subprocess.run(
                    [python, "-c", script, KUBERNETES], check=True, capture_output=True, text=True
                )
                text = json.dumps(json.loads(said.stdout), indent=1, sort_keys=True)
                (DATA / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    print(f"{len(files)} files: {'taken' if judged.returncode == 0 else 'refused'}")
    return judged.returncode


def _ejected(folder: Path) -> list[str]:
    from deployer.eject.eject import eject  # noqa: PLC0415 - only here
    from deployer.eject.left import KUBERNETES as MANIFEST  # noqa: PLC0415 - as above
    from deployer.eject.left import SKYPILOT  # noqa: PLC0415 - as above
    from tests.eject.releases import SHIPPED, SPANNING  # noqa: PLC0415 - as above

    files = []
    for release in (*SHIPPED, SPANNING):
        for form in (MANIFEST, SKYPILOT):
            path = folder / f"{release.name}.{form}.yaml"
            path.write_text(eject(release, form).text, encoding="utf-8")
            files.append(str(path))
    return files


if __name__ == "__main__":
    sys.exit(main())
