"""A profile that says everything about Modal and about the image that a profile can say."""

from __future__ import annotations

PATCH = """\
--- a/notes.txt
+++ b/notes.txt
@@ -1 +1 @@
-old
+new
"""
PROFILE = """\
name: opened
target: modal
model:
  repo: zai-org/GLM-5.1-FP8
  revision: f396cf805182f4ca10fa675e1a99815b3ca384db
  served_name: glm
  trust_remote_code: true
hardware: {gpu: H200, count: 8}
engine:
  version: 0.5.20
  image: lmsysorg/sglang:v0.5.20-cu130
  registry_secret: registry
  image_steps:
    - apt: [patch, git=1:2.39.5-0]
    - pip: ["flash-linear-attention==0.3.1", "mine @ git+https://example.com/mine@%(commit)s"]
      index_url: https://pypi.example.com/simple
      extra_index_url: https://wheels.example.com/simple
      secrets: [index]
    - env: {OMP_NUM_THREADS: "4"}
    - run: ["echo one", "echo two"]
      secrets: [further]
    - patch:
        path: /sgl-workspace/sglang
        url: https://example.com/fix.patch
        sha256: %(hash)s
    - patch:
        path: /sgl-workspace/sglang
        text: |
          --- a/notes.txt
          +++ b/notes.txt
          @@ -1 +1 @@
          -old
          +new
memory: {kv_cache_dtype: bfloat16, mem_fraction_static: 0.85}
schedule: {max_running_requests: 48}
serving: {reasoning_parser: glm45, tool_call_parser: glm47}
modal:
  app: opened
  endpoint: %(endpoint)s
  auth: both
  weights: {volume: weights, path: /model-cache, version: 2}
  kernel_cache: {volume: kernels, path: /dg-cache}
  api_key_secret: key
  min_containers: 1
  max_containers: 3
  max_inputs: 40
  target_inputs: 32
  regions: [us-east, us-west]
  routing_region: us-west
  cloud: oci
  cpu: 24
  cpu_limit: 48.5
  memory: 262144
  memory_limit: 524288
  ephemeral_disk: 1048576
  buffer_containers: 2
  proxy: way-out
  tags: {team: search, cost-center: "42"}
  secrets:
    - secret: further
      variables: [ONE]
  volumes:
    - {volume: templates, path: /templates, sub_path: chat/v1}
    - {volume: traces, path: /traces, read_only: false, version: 2}
  buckets:
    - bucket: prompts
      path: /prompts
      endpoint_url: https://account.r2.cloudflarestorage.com
      key_prefix: new/
      secret: aws-bucket
      requester_pays: true
      force_path_style: true
  options:
    i6pn: true
    experimental_options: {one: "2"}
%(more)s
lifecycle: {startup_timeout: 3600, drain_timeout: 25}
"""
MORE = {
    "web_server": "    block_network: false\n  label: search\n  custom_domains: [a.example.com]",
    "server": "    scaleup_window: 30",
}


def text(endpoint: str = "web_server", **changes: str) -> str:
    written = PROFILE % {
        "commit": "c" * 40,
        "hash": "d" * 64,
        "endpoint": endpoint,
        "more": MORE[endpoint],
    }
    for old, new in changes.items():
        assert old in written
        written = written.replace(old, new)
    return written
