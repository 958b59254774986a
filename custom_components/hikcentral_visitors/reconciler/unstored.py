"""Taking access away while nothing can be stored.

Facts are committed as unknown before a call, so that nobody ever believes that less is
open than is. Taking away may do without: should we die, too much is believed open, and
is taken away once more. So what was decided and stored is carried out from memory, step
by step and once; it is done again, and stored, when that is possible.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress

from ..hikcentral import HikCentralError
from ..ledger import Ledger
from ..ledger.loading import load_many
from ..ledger.records import Moment
from ..visits.desired import desired
from ..visits.known import Known
from ..visits.operations import BY_PERSON_ID, NARROWING, Operation, OperationKind
from ..visits.plan import plan
from ..visits.record import VisitorRecord
from .calls import Calls, answer_for_many
from .drafts import Target

_MOST_STEPS = 10
_WITHOUT_STORING = NARROWING | {
    OperationKind.READ_PERSON,
    OperationKind.APPLY,
    OperationKind.APPLY_FORMER,
}


class UnstoredNarrowing:
    """Carries out what takes away, of visitors whose facts cannot be stored."""

    def __init__(
        self,
        ledger: Ledger,
        calls: Calls,
        moment: Callable[[], Moment],
        proof_holds: Callable[[Known], bool],
    ) -> None:
        """Call through `calls`; ids are believed where `proof_holds`."""
        self._ledger = ledger
        self._calls = calls
        self._moment = moment
        self._proof_holds = proof_holds
        self._done: dict[str, VisitorRecord] = {}

    async def async_take_away(self, visitor_ids: Iterable[str]) -> None:
        """Take away what these must not have, unless that was done already.

        Raises LedgerError where not even reading works.
        """
        ids = list(visitor_ids)
        records = await self._ledger.async_read(
            lambda connection: load_many(connection, ids)
        )
        for visitor_id, record in records.items():
            if self._done.get(visitor_id) == record:
                continue
            with suppress(HikCentralError):  # done again as it is
                await self._take_away(record)
                self._done[visitor_id] = record

    def stored(self) -> None:
        """Things can be stored again, and are repeated so."""
        self._done.clear()

    async def _take_away(self, record: VisitorRecord) -> None:
        for _ in range(_MOST_STEPS):
            moment = self._moment()
            wish = desired(record, moment.now, moment.policy)
            todo = plan(record, wish, moment.now)
            step = todo.step
            if not step or not todo.narrowing or step[0].kind not in _WITHOUT_STORING:
                return
            target = Target(record=record, wish=wish, taking=True)
            for operation in step:
                if operation.kind in BY_PERSON_ID and not self._proof_holds(
                    record.known
                ):
                    operation = Operation(OperationKind.READ_PERSON)  # noqa: PLW2901
                record = await self._carry_out(operation, target, record)

    async def _carry_out(
        self, operation: Operation, target: Target, record: VisitorRecord
    ) -> VisitorRecord:
        if operation.kind not in self._calls.for_many:
            answer = await self._calls.for_one[operation.kind](target)
        else:
            level = operation.level or ""
            await self._calls.for_many[operation.kind](level, [target])
            answer = answer_for_many(operation, self._moment().now)
        return answer(record)
