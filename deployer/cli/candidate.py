"""`deployer apply --candidate`: what a candidate is held to before it is promoted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from deployer.cli.say import show, tell
from deployer.plan.candidate import minutes_of

if TYPE_CHECKING:
    from deployer.apply.modal.apply import Applied
    from deployer.apply.modal.candidate import Candidate
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.parts import Parts
    from deployer.apply.modal.records import Records
    from deployer.cli.gating import Shown
    from deployer.cli.manner import Manner
    from deployer.cli.planning import Meant
    from deployer.cli.progress import PhaseLines
    from deployer.errors import Failure
    from deployer.plan.deployment import Plan


@dataclass(slots=True)
class Gate:
    """What stands between a candidate and the live app; ``shown`` is what it showed there."""

    plan: Plan
    key: str | None
    manner: Manner
    meant: Meant
    shown: Shown | None = None

    def candidate(
        self, account: Account, records: Records, lines: PhaseLines, parts: Parts
    ) -> Candidate | None:
        """Make the candidate of a plan; None where it has none, or nobody verifies."""
        if not (minutes := minutes_of(self.plan)) or self.key is None:
            return None
        from deployer.apply.modal.candidate import Candidate  # noqa: PLC0415 - imports modal

        def judge(applied: Applied) -> str:
            with lines.paused():
                return self._judge(applied)

        return Candidate(
            account,
            records,
            self.plan.release,
            lines.tell,
            parts,
            self.meant.case.lock,
            minutes=minutes,
            key=self.key,
            judge=judge,
        )

    def is_shut(self, failure: Failure) -> bool:
        """Tell whether a failure is that of a candidate that was not promoted."""
        if not minutes_of(self.plan):
            return False
        from deployer.apply.modal.candidate import NotPromotedError  # noqa: PLC0415 - imports modal

        return isinstance(failure, NotPromotedError)

    def tell(self, failure: Failure) -> int:
        """Say what a candidate showed that was not promoted, and give the exit code."""
        from deployer.cli.ending import tell_error  # noqa: PLC0415 - only for a failure
        from deployer.cli.gating import NOTHING, as_text  # noqa: PLC0415 - as above
        from deployer.cli.verdicts import tell_verdicts  # noqa: PLC0415 - as above

        applied, shown = getattr(failure, "applied", None), self.shown or NOTHING
        if applied is not None:
            tell_verdicts(applied.verdicts)
            tell(as_text(shown), end="")
            if self.manner.evidence and applied.verdicts:
                self._write(applied, shown)
        if self.manner.form == "json":
            show(self._json(failure, applied, shown), end="")
        tell_error(failure)
        return failure.exit_code

    def _write(self, applied: Applied, shown: Shown) -> None:
        from deployer.cli.apply_modal import start_seconds  # noqa: PLC0415 - imports modal
        from deployer.cli.evidence import write_evidence  # noqa: PLC0415 - only where asked for

        release, seconds = self.plan.release, start_seconds(applied)
        write_evidence(self.manner.evidence, release, applied, shown, seconds)

    def _json(self, failure: Failure, applied: Applied | None, shown: Shown) -> str:
        from deployer.codec import encode  # noqa: PLC0415 - only for this form
        from deployer.report.envelope import envelope  # noqa: PLC0415 - as above
        from deployer.report.gates import value as gates  # noqa: PLC0415 - as above

        deployed = self.plan.standing.deployed
        value = {
            "name": self.plan.name,
            "app": self.plan.app,
            "outcome": "not-promoted",
            "why": failure.message,
            "version": deployed.version if deployed else None,
            "digest": self.plan.digest,
            "verified": None if applied is None else applied.verified,
            "verdicts": encode(applied.verdicts if applied is not None else ()),
            "gates": gates(shown.gates),
        }
        return envelope(value)

    def _judge(self, applied: Applied) -> str:
        """Hold it to what the release promises; gives why it is not to be promoted, '' if it is."""
        from deployer.apply.modal.address import endpoint_of  # noqa: PLC0415 - as above
        from deployer.cli.apply_modal import start_seconds  # noqa: PLC0415 - as above
        from deployer.cli.gating import Deployed, shown_of  # noqa: PLC0415 - as above

        if not applied.verified:
            return "it does not keep every promise of its API"
        deployed = Deployed(
            endpoint=partial(endpoint_of, self.plan.release, applied.url, self.key),
            verified=applied.verified,
            cold_start=start_seconds(applied),
            go_back=None,
        )
        self.shown = shown_of(self.meant, self.manner, deployed)
        missed = [gate.objective for gate in self.shown.gates if gate.held == "missed"]
        if missed:
            return f"it misses {', '.join(missed)}"
        return f"what it must keep could not be measured: {t}" if (t := self.shown.trouble) else ""
