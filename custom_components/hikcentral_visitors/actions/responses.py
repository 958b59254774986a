"""What the actions answer. No card, telephone number, PIN or picture is ever in it."""

from collections.abc import Collection, Sequence

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonObjectType

from ..book import Forgotten, GrantRequest, Receipt
from ..const import DELAYED_AFTER
from ..files import async_any_set_aside
from ..ids import async_status_entity
from ..ledger.passage_queries import PassageRow
from ..ledger.visitor_queries import VisitorRow
from ..local_time import first_on_day, iso
from ..pictures import picture_path
from ..reasons import async_reason_text, async_trace_text
from ..reconciler import Findings
from ..runtime import HikCentralConfigEntry
from ..visits.access import SETTLED_STATES, Access, AccessState
from ..visits.view import VisitView
from ..visits.visit import Visit, Visitor

_TO_DO = frozenset(AccessState) - SETTLED_STATES | {
    AccessState.FAILED,
    AccessState.PARTIAL,
}


def granted(
    hass: HomeAssistant,
    entry: HikCentralConfigEntry,
    receipt: Receipt,
    view: VisitView,
) -> JsonObjectType:
    """Answer a grant."""
    return {
        "visit_id": receipt.visit_id,
        "visitor_id": receipt.visitor_id,
        "person_id": view.person_id,
        "status": view.status.value,
        "access": view.access.state.value,
        "doors": _doors(view.access),
        "credentials": list(view.credentials),
        "warnings": list(receipt.warnings),
        "entity_id": entity_of(hass, entry, view.visit.id),
        "valid_from": iso(view.visit.valid_from),
        "valid_until": iso(view.visit.valid_until),
    }


def tried(
    hass: HomeAssistant,
    entry: HikCentralConfigEntry,
    request: GrantRequest,
    receipt: Receipt,
    view: VisitView,
) -> JsonObjectType:
    """Answer a trial: what the grant would, with all that he could show at a door."""
    answer = granted(hass, entry, receipt, view)
    if not receipt.created:
        return answer
    shown = {"face": view.visitor.photo, "card": view.visitor.card_no}
    return answer | {
        "visit_id": None,
        "visitor_id": request.visitor_id,
        "credentials": [kind for kind, value in shown.items() if value],
    }


def changed(view: VisitView) -> JsonObjectType:
    """Answer a change of one visit."""
    return {
        "visit_id": view.visit.id,
        "status": view.status.value,
        "access": view.access.state.value,
        "valid_until": iso(view.visit.valid_until),
    }


def updated(view: VisitView) -> JsonObjectType:
    """Answer an update of one visit."""
    return changed(view) | {"valid_from": iso(view.visit.valid_from)}


async def async_forgotten(
    hass: HomeAssistant, done: Sequence[Forgotten]
) -> JsonObjectType:
    """Answer that visitors were forgotten, and where something of them remains."""
    where = ["hikcentral_log", "home_assistant_history", "backups"]
    if await async_any_set_aside(hass):
        where.append("damaged_file")
    if not all(one.gone for one in done):
        where.insert(0, "hikcentral_person")
    return {
        "visitors": [
            {
                "visitor_id": one.visitor_id,
                "ended_visits": list(one.ended),
                "inside": one.inside,
                "person_deleted": one.gone,
            }
            for one in done
        ],
        "remaining": [
            {"where": place, "text": await async_trace_text(hass, place)}
            for place in where
        ],
    }


def checked(
    entry: HikCentralConfigEntry, findings: Findings, open_views: Collection[VisitView]
) -> JsonObjectType:
    """Answer a check: what was different, and what is still to be done."""
    names = {view.visitor.id: view.visitor.name for view in open_views}
    return {
        "config_entry_id": entry.entry_id,
        "complete": findings.complete,
        "compared": findings.compared,
        "differences": [
            {
                "visitor_id": visitor_id,
                "name": names.get(visitor_id),
                "different": [kind.value for kind in sorted(different)],
            }
            for visitor_id, different in sorted(findings.differences.items())
        ],
        "pending": [
            {
                "visit_id": view.visit.id,
                "visitor_id": view.visitor.id,
                "name": view.visitor.name,
                "status": view.status.value,
                "access": view.access.state.value,
                "doors": _doors(view.access),
                "reason": view.access.reason,
                "next_attempt": iso(view.access.next_attempt),
            }
            for view in open_views
            if view.access.state in _TO_DO
        ],
    }


def visit_row(
    hass: HomeAssistant, entry: HikCentralConfigEntry, view: VisitView
) -> JsonObjectType:
    """Answer one visit of a list."""
    visit, access, where = view.visit, view.access, view.whereabouts
    return {
        **_identity(entry, view.visitor, visit),
        "entity_id": entity_of(hass, entry, visit.id),
        "status": view.status.value,
        "outcome": None if visit.outcome is None else visit.outcome.value,
        "access": access.state.value,
        "doors": _doors(access),
        "reason": access.reason or visit.revoked_reason,
        "next_attempt": iso(access.next_attempt),
        "credentials": list(view.credentials),
        "presence": where.presence.value,
        "since": iso(where.since),
        "overstaying": view.overstaying,
        "entries": where.entries,
        "exits": where.exits,
        "first_entry": iso(where.first_entry),
        "last_exit": iso(where.last_exit),
        "valid_from": iso(visit.valid_from),
        "valid_until": iso(visit.valid_until),
        "early_arrival": int(visit.early_arrival.total_seconds()),
        "entry_mode": visit.entry_mode.value,
        "access_levels": [
            entry.runtime_data.level_names.get(level, level)
            for level in sorted(visit.levels)
        ],
        "purpose": visit.purpose,
        "vehicle_plate": visit.vehicle_plate,
        "note": visit.note,
        "reference": visit.reference,
    }


async def async_passage_row(
    hass: HomeAssistant, entry: HikCentralConfigEntry, row: PassageRow
) -> JsonObjectType:
    """Answer one passage of a list."""
    passage, visit = row.passage, row.visit
    view = None if visit is None else entry.runtime_data.coordinator.view(visit.id)
    return {
        **_identity(entry, row.visitor, visit),
        "entity_id": None if visit is None else entity_of(hass, entry, visit.id),
        "status": None if view is None else view.status.value,
        "direction": passage.direction.value,
        "outcome": passage.outcome.value,
        "reason": passage.reason,
        "reason_text": await async_reason_text(hass, passage.reason),
        "credential": passage.credential,
        "door": passage.door_name or passage.door_id,
        "door_id": passage.door_id,
        "occurred_at": iso(passage.occurred_at),
        "first": row.previous is None,
        "first_today": first_on_day(row.previous, passage.occurred_at),
        "count": row.count,
        "delayed": row.recorded_at - passage.occurred_at > DELAYED_AFTER,
        "picture": picture_path(entry.entry_id, row.id)
        if passage.picture_uri
        else None,
    }


def visitor_row(row: VisitorRow) -> JsonObjectType:
    """Answer one visitor of a list."""
    visitor = row.visitor
    return {
        "visitor_id": visitor.id,
        "name": visitor.name,
        "given_name": visitor.given_name,
        "family_name": visitor.family_name,
        "company": visitor.company,
        "open_visits": row.open_visits,
        "last_visit": iso(row.last_visit),
    }


def entity_of(
    hass: HomeAssistant, entry: HikCentralConfigEntry, visit_id: str
) -> str | None:
    """Return the status sensor of the place that a visit holds, if it holds one."""
    place = entry.runtime_data.coordinator.place_of(visit_id)
    return async_status_entity(hass, entry.entry_id, place)


def _identity(
    entry: HikCentralConfigEntry, visitor: Visitor, visit: Visit | None
) -> JsonObjectType:
    """Who it is about; without a visit for somebody who has none."""
    return {
        "visit_id": None if visit is None else visit.id,
        "visitor_id": visitor.id,
        "name": visitor.name,
        "visitor_type": None if visit is None else visit.visitor_type.value,
        "company": visitor.company,
        "host": None if visit is None else visit.host,
        "notify": [] if visit is None else list(visit.notify),
        "config_entry_id": entry.entry_id,
    }


def _doors(access: Access) -> JsonObjectType:
    return {"ready": access.doors_ready, "total": access.doors_total}
