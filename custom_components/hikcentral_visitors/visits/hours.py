"""The hours in which a facility expects people to come, by the clock on its wall."""

from dataclasses import dataclass
from datetime import datetime, time, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From `opens` on and before `closes`, each day, perhaps over midnight.

    Where the two are the same, that is the whole day.
    """

    opens: time
    closes: time
    zone: tzinfo

    def __contains__(self, instant: datetime) -> bool:
        local = instant.astimezone(self.zone).time()
        if self.opens < self.closes:
            return self.opens <= local < self.closes
        return local >= self.opens or local < self.closes
