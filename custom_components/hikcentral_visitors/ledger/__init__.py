"""The durable memory: one SQLite file for each config entry, behind SQLAlchemy."""

from .database import Committed, Ledger, Transaction
from .errors import LedgerError, NewerSchemaError

__all__ = ["Committed", "Ledger", "LedgerError", "NewerSchemaError", "Transaction"]
