"""What was asked, when and by whom, and what HikCentral answered; ids, never names."""

from datetime import datetime

from ..visits.visit import Actor
from .statements import ADD_TO_JOURNAL
from .transaction import Transaction


def write(
    transaction: Transaction,
    at: datetime,
    actor: Actor,
    action: str,
    *,
    visitor_id: str | None = None,
    visit_id: str | None = None,
    **detail: str,
) -> None:
    """Append one entry; `detail` holds stable keys and ids, never personal data."""
    entry = {
        "at": at,
        "actor": actor.kind,
        "user_id": actor.user_id,
        "context_id": actor.context_id,
        "action": action,
        "visitor_id": visitor_id,
        "visit_id": visit_id,
        "detail": detail,
    }
    transaction.connection.execute(ADD_TO_JOURNAL, entry)
