"""What the simulator's parts run under: faults, switches and chance."""

from dataclasses import dataclass, field
import random

from .faults import Faults
from .switches import Switches


@dataclass(slots=True, kw_only=True)
class Conditions:
    """Shared by all parts; `faults` and `switches` are replaced as a whole."""

    faults: Faults = field(default_factory=Faults)
    switches: Switches = field(default_factory=Switches)
    chance: random.Random = field(default_factory=random.Random)
