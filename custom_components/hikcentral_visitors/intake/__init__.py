"""Brings HikCentral's door events in: whatever the way, each passage once."""

from .intake import Intake
from .poll import Poller
from .pushes import PushCounts, Pushes
from .subscriber import Standing, Subscriber
from .subscription import Left, async_unsubscribe
from .watch import PushState, Watch

__all__ = [
    "Intake",
    "Left",
    "Poller",
    "PushCounts",
    "PushState",
    "Pushes",
    "Standing",
    "Subscriber",
    "Watch",
    "async_unsubscribe",
]
