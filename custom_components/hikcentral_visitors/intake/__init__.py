"""Brings HikCentral's door events in: whatever the way, each passage once."""

from .intake import Intake
from .poll import Poller

__all__ = ["Intake", "Poller"]
