#!/bin/bash
python3 -m sglang.launch_server --model-path a/b --tp 2 --host 0.0.0.0
