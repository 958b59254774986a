"""Names and defaults that more than one module uses."""

from datetime import timedelta
from logging import Logger, getLogger
from typing import Final

DOMAIN: Final = "hikcentral_visitors"
LOGGER: Logger = getLogger(__package__)

# What a config entry is made of: how to reach the server, and who we are there.
CONF_URL: Final = "url"
CONF_APP_KEY: Final = "app_key"
CONF_APP_SECRET: Final = "app_secret"  # noqa: S105 - the name of the field
CONF_CERTIFICATE: Final = "certificate"
"""SHA-256 of the pinned certificate in hex; absent where certificates are verified."""
CONF_MARK: Final = "installation_mark"
CONF_KEY: Final = "installation_key"
CONF_PUSH_TOKEN: Final = "push_token"  # noqa: S105 - the name of the field
"""What HikCentral shows with each push; the webhook's id is beside it."""

# What the options hold: how the facility works.
CONF_ACCESS_LEVELS: Final = "access_levels"
CONF_DEFAULT_LEVELS: Final = "default_access_levels"
CONF_ORGANISATION: Final = "organisation"
CONF_DOORS: Final = "doors"
CONF_READERS: Final = "readers"
CONF_OPERATORS: Final = "operators"
CONF_DEFAULT_DURATION: Final = "default_duration"
CONF_EARLY_ARRIVAL: Final = "early_arrival"
CONF_EXTEND_STEP: Final = "extend_step"
CONF_POLL_INTERVAL: Final = "poll_interval"
CONF_VISIT_DEVICES: Final = "visit_devices"
CONF_RETENTION: Final = "retention"
CONF_RE_ENTRY_GRACE: Final = "re_entry_grace"
CONF_PRESENCE_TIMEOUT: Final = "presence_timeout"
CONF_HOURS_FROM: Final = "hours_from"
CONF_HOURS_UNTIL: Final = "hours_until"
CONF_PROVISION_AHEAD: Final = "provision_ahead"
CONF_PUSH: Final = "push"
CONF_PUSH_ADDRESS: Final = "push_address"
CONF_PUSH_LOCAL_ONLY: Final = "push_local_only"
CONF_POLL_BEHIND_PUSH: Final = "poll_behind_push"
CONF_DOOR_LOCKS: Final = "door_locks"
CONF_RETIREMENT: Final = "retirement"
"""How the server is being retired; absent while it is in service."""
CONF_WAY_OUT: Final = "way_out"
CONF_EXIT_LEVELS: Final = "exit_levels"
CONF_EXIT_GRACE: Final = "exit_grace"

EVENT_PASSAGE: Final = f"{DOMAIN}_passage"
EVENT_VISIT: Final = f"{DOMAIN}_visit"

DELAYED_AFTER: Final = timedelta(minutes=10)
"""A passage that was learnt of later than this is marked as delayed."""
