"""A profile with its lock: used where it is the profile's, and said where it is not."""

from __future__ import annotations

from dataclasses import replace

from deployer.behaviour.stated import REPO, UnsoundError
from deployer.compile.case import Case
from deployer.finding import Finding, Severity
from deployer.lock.fits import Reason, why_stale
from deployer.lock.known import checkpoints
from deployer.lock.lock import FoundLock


def with_lock(case: Case, beside: FoundLock | None, file: str) -> tuple[Case, tuple[Finding, ...]]:
    """Give the profile in a file what its lock says of its names, and what is wrong with the lock.

    A lock of another profile is not used for anything. Of a profile that is known in parts only,
    its facts are, where it is of the same model.
    """
    if beside is None or (beside.lock is None and not beside.why_not):
        return case, ()
    if beside.lock is None:
        return case, (_broken(beside, file),)
    try:
        reasons = why_stale(beside.lock, case.release, whole=beside.whole)
    except (UnsoundError, AttributeError):
        same = beside.lock.of("model", str(case.said.facts.get(REPO, ""))) is not None
        return (replace(case, given=checkpoints(beside)) if same else case), ()
    if reasons:
        return case, (_stale(beside, reasons, file),)
    return replace(case, given=checkpoints(beside), lock=beside.lock), ()


def _broken(beside: FoundLock, file: str) -> Finding:
    message = f"{beside.why_not}, so nothing of it is known"
    return Finding("broken-lock", Severity.ERROR, "model.repo", message, _hint(file))


def _stale(beside: FoundLock, reasons: tuple[Reason, ...], file: str) -> Finding:
    said = "; ".join(reason.text for reason in reasons)
    message = f"{beside.file} is stale, and not used: {said}"
    return Finding("stale-lock", Severity.WARNING, reasons[0].key, message, _hint(file))


def _hint(file: str) -> str:
    return f"`deployer lock {file}` asks the hub and the registry, and writes it anew"
