"""The durable memory: one SQLite file for each config entry, behind SQLAlchemy."""

from .database import Ledger
from .errors import DamagedError, LedgerError, NewerSchemaError, Trouble
from .transaction import Committed, Transaction

__all__ = [
    "Committed",
    "DamagedError",
    "Ledger",
    "LedgerError",
    "NewerSchemaError",
    "Transaction",
    "Trouble",
]
