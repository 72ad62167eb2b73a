"""`deployer apply plan.json`: a plan that was written is judged again, and then carried out.

Whoever can write the file can write all of it. So it is taken at its word for one thing only,
which profile it is of: that is checked and compiled as it would be from its own file, the world is
looked at anew, and only if both lead to what the file says does anything happen.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from deployer.cli.key_variable import settle
from deployer.cli.layers import environment
from deployer.cli.say import tell
from deployer.errors import Failure, UsageError
from deployer.profile.layers import Layered

if TYPE_CHECKING:
    from deployer.cli.manner import Manner
    from deployer.cli.planning import Meant
    from deployer.plan.deployment import Plan
    from deployer.report.plan_json import Saved

LARGEST = 10_000_000
"""Bytes of a plan that are read: it holds a profile, and its lock."""

_DIGITS = 64  # of a SHA-256 in hexadecimal
_AGAIN = "Nothing was done. Make the plan again, and look at it"


def apply_plan(path: str, manner: Manner, *, digest: str, key_env: str | None) -> int:
    """Carry out a plan that was written, if it is sound and the world is as it was then.

    ``digest`` is the SHA-256 that the file must have, '' for any; ``key_env`` is the variable of
    the key that the user agreed to.
    """
    from deployer.apply.modal.client import Account  # noqa: PLC0415 - imports modal
    from deployer.cli.apply_modal import carry_out  # noqa: PLC0415 - as above
    from deployer.cli.planning import live_plan  # noqa: PLC0415 - only what the verb needs
    from deployer.cli.reading import read_text  # noqa: PLC0415 - as above
    from deployer.report.plan_json import from_json  # noqa: PLC0415 - as above

    text = read_text(path, "a plan", LARGEST)
    _refuse_another(path, text, digest)
    saved = from_json(text, path)
    _refuse_elsewhere(saved, path)
    meant = judged(saved, path)
    if manner.verify:
        settle(meant.release.listen.api_key_variable, path, key_env)
    parameters = meant.release.modal
    account = Account(parameters.environment if parameters else "")
    now = live_plan(account, meant, saved.plan.file)
    if now.fingerprint != saved.plan.fingerprint:
        message = f"{path} is not what would be done now: {_moved(saved.plan, now)}"
        raise Failure(message, hint=_AGAIN)
    return carry_out(account, now, manner, meant)


def sha256(text: str) -> str:
    """Give the digest that pins a plan: that of the file's bytes, as `sha256sum` prints it."""
    return hashlib.sha256(text.encode("utf-8", errors="surrogateescape")).hexdigest()


def judged(saved: Saved, path: str) -> Meant:
    """Check and compile the profile in a plan, with its lock.

    Without a lock the release is not pinned: what the revision means is for the hub to say. Raises
    Failure where the profile is not right, UsageError where the plan's release is not what it
    compiles to.
    """
    from deployer.cli.locks import as_found  # noqa: PLC0415 - only where there is one
    from deployer.cli.planning import Meant  # noqa: PLC0415 - as above
    from deployer.cli.reading import read_sound  # noqa: PLC0415 - only for a profile
    from deployer.codec import encode  # noqa: PLC0415 - as above
    from deployer.compile.pin import commits_of, pin  # noqa: PLC0415 - as above

    beside = as_found(f"{path}#lock", saved.lock) if saved.lock else None
    case, keys = read_sound(f"{path}#profile", saved.profile, beside)
    release, planned = case.release, saved.plan.release
    ours, theirs = encode(pin(release, commits_of(planned))), encode(planned)
    if differing := [name for name in ours if ours[name] != theirs[name]]:
        message = f"{path} is not a plan of its own profile: they differ in {', '.join(differing)}"
        raise UsageError(message, hint=f"It was edited, or made by another version. {_AGAIN}")
    return Meant(f"{path}#profile", saved.profile, case, keys)


def _refuse_another(path: str, text: str, wanted: str) -> None:
    wanted = wanted.lower().removeprefix("sha256:")
    if not wanted:
        return
    if len(wanted) != _DIGITS or not set(wanted) <= set("0123456789abcdef"):
        message = f"a SHA-256 has {_DIGITS} hexadecimal digits, which `{wanted:.80}` has not"
        raise UsageError(message, hint="`deployer plan PROFILE -o FILE` prints it")
    if (found := sha256(text)) != wanted:
        message = f"{path} is another plan than the one that was asked for: its SHA-256 is {found}"
        raise Failure(message, hint="Nothing was done. Where does the file come from?")


def _refuse_elsewhere(saved: Saved, path: str) -> None:
    """Raise UsageError where another environment is asked for than the plan was made in."""
    made_in = saved.profile.environment if isinstance(saved.profile, Layered) else ""
    if environment() and environment() != made_in:
        message = f"{path} was made in {f'the environment {made_in}' if made_in else 'none'}"
        message += f", and `--environment {environment()}` asks for another"
        raise UsageError(message, hint="leave it out: a plan holds its environment")


def _moved(then: Plan, now: Plan) -> str:
    """Say what is not as it was when a plan was made."""
    from deployer.compile.pin import commits_of  # noqa: PLC0415 - only for a profile

    planned = commits_of(then.release)
    for found in now.release.sources():
        if (commit := planned(found)) != found.commit:
            revision = f"`{found.revision}` of {found.repo}"
            return f"{revision} is commit {found.commit} now, and it is for {commit}"
    before, after = then.standing.deployed, now.standing.deployed
    if before is None or after is None:
        return "something was deployed meanwhile" if after else "what was deployed is gone"
    if before.version != after.version:
        return f"version {after.version} was deployed meanwhile, and it is against {before.version}"
    if before.state != after.state:
        return f"the app is {after.state} now, and was {before.state}"
    facts = {fact.phase: fact.done for fact in then.standing.facts}
    changed = [f.reason for f in now.standing.facts if f.done != facts.get(f.phase)]
    return "; ".join(changed) or "what was found out has changed"


def written_as(text: str, out: str) -> None:
    """Say that a plan was written, and how nothing but it is carried out."""
    digest = sha256(text)
    tell(f"wrote {out} (SHA-256 {digest})")
    tell(f"`deployer apply {out}` carries it out; `--digest {digest}` no other")
