"""The durable memory: one SQLite file for each config entry, behind SQLAlchemy."""

from .database import Committed, Ledger, Transaction
from .errors import DamagedError, LedgerError, NewerSchemaError, Trouble

__all__ = [
    "Committed",
    "DamagedError",
    "Ledger",
    "LedgerError",
    "NewerSchemaError",
    "Transaction",
    "Trouble",
]
