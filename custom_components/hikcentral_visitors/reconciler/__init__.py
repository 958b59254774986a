"""Makes HikCentral hold what the visits justify, and keeps it so."""

from .audit import Auditor
from .execution import Executor
from .findings import Difference, Findings
from .reconciler import Reconciler

__all__ = ["Auditor", "Difference", "Executor", "Findings", "Reconciler"]
