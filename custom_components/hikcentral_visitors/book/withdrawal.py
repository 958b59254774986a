"""Taking back what was given to many at once."""

from collections.abc import Iterable

from ..ledger import Transaction, journal, records
from ..ledger.records import Moment
from ..visits.visit import Actor
from ..visits.withdraw import withdraw


def withdraw_from(
    transaction: Transaction, moment: Moment, visitor_ids: Iterable[str], actor: Actor
) -> None:
    """Take everything back from these visitors; who is not known any more has none."""
    for visitor_id in visitor_ids:
        try:
            record = records.change(
                transaction,
                moment,
                visitor_id,
                lambda before: withdraw(before, moment.policy, moment.now),
            )
        except KeyError:
            continue
        for visit in record.visits:
            cancelled = visit.cancelled_at == moment.now
            if cancelled or visit.revoked_at == moment.now:
                journal.write(
                    transaction,
                    moment.now,
                    actor,
                    "cancel_visit" if cancelled else "revoke_access",
                    visitor_id=visitor_id,
                    visit_id=visit.id,
                )
