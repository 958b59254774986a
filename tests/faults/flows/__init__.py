"""What a facility does in a day, each thing from rest to rest."""

from tests.reconciler.house import HOUR

from . import drifting, giving, passing, taking
from .played import Flow, Played, nothing, one_polled, one_visitor, one_with_a_card

__all__ = ["FLOWS", "Flow", "Played"]

FLOWS: dict[str, Flow] = {
    "grant": Flow(before=nothing, act=giving.grant, check=giving.granted_if_asked),
    "grant a group": Flow(
        before=nothing, act=giving.grant_group, check=giving.granted_if_asked
    ),
    "extend": Flow(
        before=one_visitor, act=giving.extend, check=giving.has_moved_if_asked
    ),
    "shorten": Flow(
        before=one_visitor, act=giving.shorten, check=giving.has_moved_if_asked
    ),
    "revoke": Flow(
        before=one_visitor, act=taking.revoke, check=taking.revoked_if_asked
    ),
    "restore": Flow(
        before=giving.one_revoked, act=giving.restore, check=giving.restored_if_asked
    ),
    "cancel while granting": Flow(
        before=nothing, act=taking.cancel_while_granted, check=taking.cancelled_if_asked
    ),
    "expiry": Flow(
        before=one_visitor, act=taking.expire, check=taking.is_out, lasts=2 * HOUR
    ),
    "passages": Flow(
        before=one_polled, act=passing.go_in_and_out, check=passing.passed
    ),
    "pushed passages": Flow(
        before=one_polled, act=passing.pass_pushed, check=passing.passed
    ),
    "widened by somebody": Flow(
        before=one_with_a_card, act=drifting.widen, check=drifting.mended
    ),
    "deleted by somebody": Flow(
        before=one_with_a_card, act=drifting.delete, check=drifting.mended
    ),
    "retention": Flow(
        before=taking.closed_long_ago, act=taking.forget, check=taking.is_forgotten
    ),
    "forget": Flow(
        before=one_visitor,
        act=taking.forget_one,
        check=taking.forgotten_if_asked,
        lasts=taking.UNTIL_TOLD,
    ),
    "update": Flow(
        before=one_visitor, act=giving.update, check=giving.updated_if_asked
    ),
    "overlapping visits": Flow(
        before=one_visitor, act=giving.overlap, check=giving.overlapped
    ),
    "check out": Flow(
        before=taking.one_checked_in, act=taking.check_out, check=taking.gone_if_asked
    ),
    "one entry": Flow(
        before=passing.one_with_one_entry,
        act=passing.use_the_entry,
        check=passing.entry_is_used,
        lasts=HOUR,
    ),
    "out by a reader": Flow(
        before=passing.one_inside_behind_a_reader,
        act=passing.revoke_and_leave,
        check=passing.let_out,
        lasts=3 * HOUR,
    ),
    "withdraw all": Flow(
        before=taking.a_group, act=taking.withdraw_all, check=taking.withdrawn_if_asked
    ),
    "found and given back": Flow(
        before=drifting.one_whose_visit_is_lost,
        act=drifting.find_and_give_back,
        check=drifting.given_back_if_asked,
    ),
    "newer schema": Flow(
        before=one_visitor,
        act=drifting.go_on,
        check=drifting.migrated,
        migrations=(drifting.add_a_table,),
    ),
}
