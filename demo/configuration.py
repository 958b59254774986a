"""A fresh configuration folder for the demo's Home Assistant."""

from datetime import UTC, datetime
import json
from pathlib import Path
import shutil
from typing import Any

from . import portrait
from .language import Texts
from .process import ROOT

_CONFIGURATION = """\
homeassistant:
  name: {name}
  latitude: {latitude}
  longitude: {longitude}
  elevation: 2
  unit_system: metric
  time_zone: {time_zone}
  currency: EUR
  country: {country}
  language: {language}
  internal_url: http://127.0.0.1:{port}
  media_dirs:
    local: {media}
recorder:
  commit_interval: 1
history:
logbook:
mobile_app:
my:
webhook:
conversation:
media_source:
logger:
  default: warning
  logs:
    custom_components.hikcentral_visitors: info
automation: !include automations.yaml
script: !include scripts.yaml
scene: !include scenes.yaml
"""


def prepare(folder: Path, port: int, texts: Texts) -> None:
    """Make the folder anew: only loopback is served, the integration is linked.

    Onboarding is left at its first step, the administrator; the others would ask
    the network.
    """
    if folder.exists():
        shutil.rmtree(folder)
    for name in (".storage", "custom_components", "media"):
        (folder / name).mkdir(parents=True)
    (folder / "configuration.yaml").write_text(
        _CONFIGURATION.format(
            port=port, media=json.dumps(str(folder / "media")), **texts.place
        ),
        encoding="utf-8",
    )
    for name, content in (("automations", "[]"), ("scripts", "{}"), ("scenes", "[]")):
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    # Settings of the web server in YAML would hold for five minutes only.
    _store(folder, "http", 2, 2, _web_server(port))
    done = ["core_config", "analytics", "integration"]
    _store(folder, "onboarding", 4, 1, {"done": done})
    integration = "hikcentral_visitors"
    (folder / "custom_components" / integration).symlink_to(
        ROOT / "custom_components" / integration
    )
    portrait.draw(folder / "media")
    shutil.copytree(ROOT / "blueprints", folder / "blueprints")


def _web_server(port: int) -> dict[str, Any]:
    return {
        "stable": {
            "server_host": ["127.0.0.1"],
            "server_port": port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": False,
            "ssl_profile": "modern",
            "use_x_frame_options": True,
            "created_at": datetime.now(UTC).isoformat(),
            "error": None,
            "error_message": None,
        },
        "pending": None,
        "yaml_migration_done": True,
    }


def _store(
    folder: Path, key: str, version: int, minor_version: int, data: dict[str, Any]
) -> None:
    content = {
        "version": version,
        "minor_version": minor_version,
        "key": key,
        "data": data,
    }
    (folder / ".storage" / key).write_text(json.dumps(content), encoding="utf-8")
