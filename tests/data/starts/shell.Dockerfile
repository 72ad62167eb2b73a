FROM lmsysorg/sglang:v0.5.16
ENV TP=2
CMD python3 -m sglang.launch_server --model-path Qwen/Qwen3-32B --tp $TP --host 0.0.0.0
