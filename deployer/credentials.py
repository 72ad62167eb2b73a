"""Which environment variables hold credentials, as far as their names say.

One rule for all who send, keep or hand on a variable: the checks, the verbs that send a key, and
what starts an engine. Standard library only, for the container reads it too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from deployer.late import compile_pattern

HUB_TOKEN = "HF_TOKEN"  # noqa: S105 - a variable's name
HUB_TOKENS = (HUB_TOKEN, "HUGGING_FACE_HUB_TOKEN")
"""Where huggingface_hub looks for a token; the engine needs it, and no log may show it."""

KeyName = Literal["usual", "unusual", "denied"]

_WORDS = (
    "DEPLOYER|SGLANG|SERVING|SERVER|SERVICE|SERVE|ENGINE|ENDPOINT|INFERENCE|MODEL|LLM|LOCAL|PROD|"
    "STAGING|TEST|DEV|GATEWAY|CHAT|INTERNAL|PUBLIC"
)
_USUAL = compile_pattern(rf"(({_WORDS})_)*API_KEY(_({_WORDS}))*|(({_WORDS})_)+KEY")
"""What the key of a server of one's own is called: `API_KEY`, `SGLANG_API_KEY`, `SERVER_KEY`."""

_SERVICE = compile_pattern(
    r"ACTIONS|ALIBABA|ANSIBLE|ANTHROPIC|ARM|ATLASSIAN|AUTH0|AWS|AZURE|BITBUCKET|BORG|"
    r"BUILDKITE|BW|CARGO|CF|CI|CIRCLE|CLAUDE|CLOUDFLARE|CLOUDSDK|CODECOV|COHERE|"
    r"CONSUL|DASHSCOPE|DATABASE|DATADOG|DB|DD|DEEPSEEK|DIGITALOCEAN|DISCORD|DOCKER|"
    r"DROPBOX|ELASTIC|FIREWORKS|FLY|GCLOUD|GCP|GEMINI|GH|GIT|GITEA|GITHUB|GITLAB|"
    r"GNUPG|GOOGLE|GPG|GRAFANA|GROQ|HEROKU|HF|HUGGING|HUGGINGFACE|HUGGINGFACEHUB|"
    r"JENKINS|JIRA|KAGGLE|KRB5|KUBE|KUBECONFIG|LANGCHAIN|LANGSMITH|LINEAR|MAILGUN|"
    r"MINIO|MISTRAL|MODAL|MONGO|MONGODB|MOONSHOT|MYSQL|NETLIFY|NGC|NODE|NOTION|NPM|"
    r"NVCR|NVIDIA|OKTA|OP|OPENAI|OPENROUTER|PERPLEXITY|PG|PGPASSWORD|PINECONE|PIP|"
    r"POETRY|POSTGRES|PULUMI|PYPI|RCLONE|REDIS|REGISTRY|REPLICATE|RESTIC|RUNNER|"
    r"RUNPOD|S3|SENDGRID|SENTRY|SLACK|SNYK|SONAR|SSH|STRIPE|SUDO|TELEGRAM|TF|"
    r"TOGETHER|TWILIO|TWINE|UV|VAULT|VERCEL|VOYAGE|WANDB|XAI|ZAI|ZHIPUAI"
)
"""First words of variables that belong to other services and tools, whose documentation names them.

`AWS_SECRET_ACCESS_KEY`, `GITHUB_TOKEN`, `HF_TOKEN`, `OPENAI_API_KEY`, `SSH_AUTH_SOCK` and so on.
"""

_SECRET_WORD = compile_pattern(
    r"(^|_)(API_?KEYS?|KEY|TOKENS?|SECRETS?|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|AUTH|COOKIE|DSN|"
    r"PAT)(_|$)",
    re.IGNORECASE,
)
_ALWAYS = ("AWS_", "MODAL_", "GITHUB_", "ACTIONS_", "SSH_", "VAULT_", "KUBERNETES_")
"""Variables of these are about an account, whatever the rest of the name says."""


def key_name(variable: str) -> KeyName:
    """Judge the name of a variable from which a profile wants the API key of its server.

    ``denied`` is a name of another service's, which no profile has a use for; ``unusual`` is one
    that does not say what it is for, which a person should have agreed to.
    """
    if _USUAL.fullmatch(variable):
        return "usual"
    return "denied" if service_of(variable) else "unusual"


def service_of(name: str) -> str:
    """Give the service or tool that a name belongs to, in capitals; '' where none is known."""
    first = re.split(r"[_.-]", name.upper(), maxsplit=1)[0]
    return first if _SERVICE.fullmatch(first) else ""


def is_credential(variable: str) -> bool:
    """Whether a variable looks like a credential, or belongs to an account, by its name."""
    return variable.upper().startswith(_ALWAYS) or _SECRET_WORD.search(variable) is not None


def without_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that are no credentials."""
    return {name: value for name, value in environ.items() if not is_credential(name)}
