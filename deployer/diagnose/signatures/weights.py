"""Weights, tokenizers and configurations that are not there, not whole, or of something else."""

from deployer.diagnose.signature import Signature, Write, words

SGLANG = "https://github.com/sgl-project/sglang"
HUB = "https://github.com/huggingface"

AGAIN = Write("", "fetch them again: `deployer apply` finds what is not as the repository has it")

SIGNATURES = (
    Signature(
        name="weights-file-missing",
        said=words(
            r"references (?P<count>\d+) shard file\(s\) missing from (?P<folder>\S+)",
            r"No such file or directory: \S*\.safetensors",
            r"Missing \d+ file\(s\) from index",
        ),
        cause="a file of the weights that the index names is not in the folder: a download ended"
        " early",
        writes=(AGAIN,),
        link=f"{SGLANG}/pull/32279",
    ),
    Signature(
        name="no-weights",
        said=words(r"Cannot find any (?:of the )?model weights"),
        cause="there is no file of weights in the folder that the engine was given",
        writes=(
            AGAIN,
            Write("model.path", "the folder that holds the files"),
            Write("model.load_format", "the format they have, where it is not safetensors"),
        ),
        link="https://github.com/vllm-project/vllm/issues/7953",
    ),
    Signature(
        name="weights-file-broken",
        said=words(
            r"Error while deserializing header(?:: (?P<why>[^\n]+))?",
            r"SafetensorError",
        ),
        cause="a file of the weights cannot be read: it is cut off, or is something else",
        writes=(AGAIN,),
        link="https://github.com/OpenGVLab/InternVL/issues/1021",
    ),
    Signature(
        name="draft-does-not-fit",
        said=words(
            r"has no attribute '(?:set_embed\w*|hot_token_id|set_eagle3_layers_to_capture)'",
            r"Sizes of tensors must match except in dimension",
            r"The size of tensor a \(\d+\) must match the size of tensor b",
            r"^AssertionError",
        ),
        within=words(r"/speculative/", r"eagle", r"Eagle", r"EAGLE", r"draft"),
        cause="the model that drafts was not made for this target: their shapes or parts differ",
        writes=(
            Write("speculative.draft_model", "a draft that was trained for `model.repo`"),
            Write("speculative.algorithm", "the algorithm that the draft is for"),
        ),
        link=f"{SGLANG}/issues/36528",
    ),
    Signature(
        name="adapter-not-found",
        said=words(
            r"Failed to load LoRA adapter (?P<adapter>\S+?): (?:Repo id must be|[^\n]*"
            r"(?:is not a local folder|Repository Not Found|No such file|Can't find))",
            r"Can't find 'adapter_config\.json' at",
        ),
        cause="an adapter is not where the engine looks for it: there is no folder with an"
        " `adapter_config.json`, and no repository of that name",
        writes=(Write("lora.adapters", "folders that the server sees, or names of repositories"),),
        link=f"{SGLANG}/issues/25913",
    ),
    Signature(
        name="adapter-does-not-fit",
        said=words(
            r"LoRA adapter (?P<adapter>\S+) with rank (?P<rank>\d+) is incompatible",
            r"LoRA rank \d+ exceeds",
            r"Failed to load LoRA adapter",
            r"The expanded size of the tensor",
            r"^NotImplementedError",
            r"^AssertionError",
            r"\blora_[AB]\b",
        ),
        within=words(r"/lora/"),
        cause="an adapter does not fit: its rank, its shapes or the layers that it changes are not"
        " those of the model, or not those that the engine was told to hold",
        writes=(
            Write("lora.max_rank", "the largest rank of all adapters"),
            Write("lora.adapters", "adapters of `model.repo` only"),
        ),
        link=f"{SGLANG}/pull/17322",
    ),
    Signature(
        name="weight-unknown",
        said=words(
            r"^KeyError: '(?P<weight>[\w.]*(?:layers|lm_head|embed_tokens|weight|scale)[\w.]*)'"
        ),
        within=words(r"load_weights", r"weight_loader"),
        cause="the checkpoint has a weight, `{weight}`, for which the engine's model has no place:"
        " it is of another architecture, or quantized in a way that this release does not know",
        writes=(
            Write("engine.version", "a release that knows this checkpoint"),
            Write("model.quantization", "what the checkpoint says of itself"),
        ),
        link=f"{SGLANG}/issues/4598",
    ),
    Signature(
        name="weight-of-other-shape",
        said=words(
            r"^AssertionError",
            r"size mismatch for",
            r"shape '\[.*\]' is invalid for input of size",
            r"The expanded size of the tensor",
            r"The size of tensor a \(\d+\) must match",
        ),
        within=words(r"load_weights", r"weight_loader"),
        cause="a weight of the checkpoint has another shape than the model of its config.json",
        writes=(
            AGAIN,
            Write("model.quantization", "what the checkpoint says of itself"),
            Write("parallel.tp", "a number of GPUs by which its layers can be divided"),
        ),
        link=f"{SGLANG}/issues/4431",
    ),
    Signature(
        name="repository-gated",
        said=words(
            r"GatedRepoError",
            r"trying to access a gated repo",
            r"Cannot access gated repo",
            r"40[13] Client Error",
            r"Access to model (?P<repo>\S+) is restricted",
        ),
        cause="the hub did not give the model: it is gated or private, and no token, or one without"
        " the right, was sent",
        writes=(
            Write(
                "modal.hub_secret", "a Modal secret that holds HF_TOKEN of an account with access"
            ),
            Write("", "on the hub's page of the model, accept its terms with that account"),
        ),
        link=f"{SGLANG}/issues/387",
    ),
    Signature(
        name="hub-refuses-more",
        said=words(r"429 Client Error", r"Too Many Requests", r"We had to rate limit you"),
        cause="the hub refused: too many requests came from this address or account",
        writes=(
            Write("model.path", "a folder that holds the files, so that the hub is not asked"),
            Write("", "wait five minutes, or send a token: its limits are wider"),
        ),
        link=f"{HUB}/huggingface_hub/issues/3312",
    ),
    Signature(
        name="hub-not-asked",
        said=words(
            r"OfflineModeIsEnabled",
            r"outgoing traffic has been disabled",
            r"HF_HUB_OFFLINE",
            r"LocalEntryNotFoundError",
            r"couldn't connect to 'https://huggingface\.co'",
            r"offline mode is enabled",
        ),
        cause="a file of the model is not on the disk, and the hub may not be asked, or was not"
        " reached",
        writes=(
            AGAIN,
            Write("engine.env", "no HF_HUB_OFFLINE, if the engine itself is to fetch it"),
        ),
        link=f"{SGLANG}/issues/5386",
    ),
    Signature(
        name="hub-unreachable",
        said=words(
            r"Max retries exceeded with url: \S*",
            r"Failed to resolve 'huggingface\.co'",
            r"ConnectionError.*huggingface\.co",
            r"Name or service not known",
            r"Temporary failure in name resolution",
        ),
        cause="the hub could not be reached from this machine",
        writes=(
            Write("model.path", "a folder that holds the files, so that the hub is not asked"),
        ),
        link=f"{HUB}/huggingface_hub/issues/4487",
    ),
    Signature(
        name="repository-unknown",
        said=words(
            r"is not a local folder and is not a valid model identifier",
            r"RepositoryNotFoundError",
            r"Repository Not Found for url",
            r"404 Client Error",
            r"HFValidationError: Repo id must be",
            r"RevisionNotFoundError",
            r"does not appear to have a file named config\.json",
        ),
        cause="there is no such model: not in this folder, and not on the hub",
        writes=(
            Write("model.repo", "the repository's name on the hub, OWNER/NAME"),
            Write("model.revision", "a commit or a tag that it has"),
        ),
        link=f"{SGLANG}/issues/3846",
    ),
    Signature(
        name="remote-code-not-trusted",
        said=words(
            r"requires you to execute the (?:configuration|modeling|\w+) file",
            r"contains custom code which must be executed",
            r"option `trust_remote_code=True`",
        ),
        cause="the repository brings Python code of its own, which runs only where you say so",
        writes=(
            Write("model.trust_remote_code", "`true`, once somebody has read that code"),
            Write("model.revision", "the commit that was read"),
        ),
        link=f"{SGLANG}/pull/28693",
    ),
    Signature(
        name="architecture-unknown",
        said=words(
            r"Model architectures (?P<model>\[[^\]]*\]) are not supported",
            r"Cannot find model module\. '(?P<module>\w+)' is not a registered model",
            r"Unsupported architectures: (?P<old>\w+)",
        ),
        cause="this release of the engine has no model of that architecture: {model}{module}{old}",
        writes=(Write("engine.version", "a release that has it"),),
        link=f"{SGLANG}/issues/5441",
    ),
    Signature(
        name="model-type-unknown",
        said=words(
            r"has model type `(?P<type>[^`]+)` but Transformers does not recognize",
            r"Unrecognized model in (?P<folder>\S+)\. Should have a `model_type`",
        ),
        cause="the transformers of this release of the engine does not know the model's type"
        " `{type}`",
        writes=(
            Write("engine.version", "a release that came with a newer transformers"),
            Write("engine.image", "an image that holds one"),
        ),
        link=f"{SGLANG}/issues/37183",
    ),
    Signature(
        name="tokenizer-broken",
        said=words(
            r"Couldn't instantiate the backend tokenizer",
            r"Can't load tokenizer for",
            r"Tokenizer class \w+ does not exist",
            r"ModelWrapper\b.*untagged enum",
        ),
        cause="the tokenizer cannot be loaded: its files are missing, or of another kind",
        writes=(
            AGAIN,
            Write(
                "engine.args", "tokenizer-path: the folder or repository that holds the right one"
            ),
        ),
        link=f"{HUB}/transformers/issues/9750",
    ),
    Signature(
        name="quantization-contradicted",
        said=words(
            r"Quantization method specified in the model config \((?P<has>\w+)\) does not match the"
            r" quantization method specified in the `quantization` argument \((?P<asked>\w+)\)"
        ),
        cause="the checkpoint is quantized as {has}, and {asked} was asked for",
        writes=(Write("model.quantization", "`{has}`, or leave it out: the checkpoint says it"),),
        link=f"{SGLANG}/issues/1792",
    ),
    Signature(
        name="quantization-not-for-this-gpu",
        said=words(
            r"is not supported for the current GPU\. ?Minimum capability",
            r"Unsupported weight strategy=(?P<strategy>\w+)",
        ),
        cause="this GPU, or this release for it, cannot compute with weights quantized like that",
        writes=(
            Write("hardware.gpu", "a newer one"),
            Write("model.repo", "a checkpoint that is quantized in another way"),
        ),
        link=f"{SGLANG}/pull/28132",
    ),
    Signature(
        name="disk-full",
        said=words(
            r"^(?!.*(?:/dev/shm|shared memory))"
            r".*(?:\[Errno 28\]|No space left on device|os error 28)",
            r"\[Errno 122\]",
        ),
        cause="a disk is full",
        writes=(
            Write("modal.weights.volume", "a volume of its own for each model"),
            Write("", "free some space where the weights and caches lie"),
        ),
        link=f"{HUB}/huggingface_hub/issues/2742",
    ),
)
