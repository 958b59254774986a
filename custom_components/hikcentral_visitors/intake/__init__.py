"""Brings HikCentral's door events in: whatever the way, each passage once."""

from .alarms import AlarmPoller
from .intake import Intake
from .poll import Poller
from .pushes import PushCounts, Pushes
from .questions import Questions
from .subscriber import Standing, Subscriber
from .subscription import async_unsubscribe
from .sweeps import Sweeper
from .watch import PushState, Watch

__all__ = [
    "AlarmPoller",
    "Intake",
    "Poller",
    "PushCounts",
    "PushState",
    "Pushes",
    "Questions",
    "Standing",
    "Subscriber",
    "Sweeper",
    "Watch",
    "async_unsubscribe",
]
