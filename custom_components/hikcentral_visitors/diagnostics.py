"""What helps to find a fault, without anything that tells who visits.

Everything here was chosen to be shown. Nothing is taken over whole and then redacted:
names hide in free text, and new fields are secret until somebody decides otherwise.
"""

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant

from .const import CONF_CERTIFICATE
from .hikcentral import HikCentralClient
from .push import Push
from .receiver import Refusal
from .runtime import HikCentralConfigEntry
from .settings import Settings


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: HikCentralConfigEntry
) -> dict[str, Any]:
    """Return numbers, states, ids of doors and levels, and spans of time."""
    runtime = entry.runtime_data
    coordinator, overview = runtime.coordinator, runtime.coordinator.data
    views = [view async for view in coordinator.async_open_views()]
    return {
        "certificate_pinned": CONF_CERTIFICATE in entry.data,
        "settings": _settings(runtime.settings),
        "server": {
            "version": overview.version,
            "connected": overview.connected,
            **_requests(runtime.client),
        },
        "push": _push(runtime.push),
        "visits": {
            "open": len(views),
            "by_status": _counts(view.status.value for view in views),
            "by_access": _counts(view.access.state.value for view in views),
            "by_reason": _counts(
                view.access.reason for view in views if view.access.reason
            ),
            "inside": overview.inside,
            "overstaying": overview.overstaying,
            "expected_today": overview.expected_today,
            "denied_today": overview.denied_today,
            "last_passage": overview.last_passage,
            "access_problem": overview.access_problem,
            "pending_changes": overview.pending_changes,
            "oldest_pending_change": overview.oldest_pending,
        },
        "places": {"used": sorted(coordinator.places)},
        "totals": dict(overview.counters),
        "doors": {
            "read": runtime.doors.last_update_success,
            "states": {
                door_id: {
                    "state": None if status.state is None else status.state.name,
                    "device_online": status.device_online,
                }
                for door_id, status in runtime.doors.data.items()
            },
        },
    }


def _settings(settings: Settings) -> dict[str, Any]:
    return {
        "access_levels": len(settings.access_levels),
        "default_levels": len(settings.default_levels),
        "operators": len(settings.operators),
        "doors": {door: role.value for door, role in settings.doors.items()},
        "readers": {reader: role.value for reader, role in settings.readers.items()},
        "default_duration": _seconds(settings.default_duration),
        "early_arrival": _seconds(settings.early_arrival),
        "extend_step": _seconds(settings.extend_step),
        "poll_interval": _seconds(settings.poll_interval),
        "poll_behind_push": _seconds(settings.poll_behind_push),
        "push": settings.push,
        "push_local_only": settings.push_local_only,
        "retention": _seconds(settings.retention),
        "hours_from": settings.hours_from.isoformat(),
        "hours_until": settings.hours_until.isoformat(),
        "re_entry_grace": _seconds(settings.re_entry_grace),
        "presence_timeout": _seconds(settings.presence_timeout),
        "provision_ahead": _seconds(settings.provision_ahead),
        "visit_devices": settings.visit_devices,
        "door_locks": settings.door_locks,
        "retirement": settings.retirement,
        "way_out": settings.way_out,
        "exit_levels": len(settings.exit_levels),
        "exit_grace": _seconds(settings.exit_grace),
    }


def _push(push: Push) -> dict[str, Any]:
    """Describe the pushes, without the address that they come to."""
    return {
        "status": push.status,
        "https": push.address.startswith("https:"),
        "certificate_refused": push.certificate_refused,
        "types_elsewhere": len(push.subscriber.elsewhere),
        "types_shared": len(push.subscriber.shared),
        "last": push.pushes.last,
        "received": asdict(push.pushes.counts),
        "refused": {reason.value: push.receiver.refused[reason] for reason in Refusal},
    }


def _requests(client: HikCentralClient) -> dict[str, Any]:
    """Describe the requests; what the server wrote about an error is left out."""
    statistics, skew = client.statistics, client.clock.skew
    error = statistics.last_error
    return {
        "clock_skew": None if skew is None else round(skew.total_seconds()),
        "requests": dict(statistics.counts),
        "last_success": statistics.last_success,
        "last_error": None
        if error is None
        else {
            "at": error.at,
            "kind": error.kind.value,
            "code": error.code,
            "path": error.path,
        },
    }


def _counts(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())
