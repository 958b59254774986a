import json
from pathlib import Path
from typing import Any

from homeassistant.util.yaml import parse_yaml
import pytest

from demo.configuration import prepare
from demo.language import LANGUAGES


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_folder_is_made_anew_and_serves_loopback_only(
    tmp_path: Path, language: str
) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "home-assistant_v2.db").touch()
    prepare(folder, 8199, LANGUAGES[language])

    assert not (folder / "home-assistant_v2.db").exists()
    http = json.loads((folder / ".storage" / "http").read_text())["data"]["stable"]
    assert (http["server_host"], http["server_port"]) == (["127.0.0.1"], 8199)
    settings = (folder / "configuration.yaml").read_text().replace("!include ", "")
    parsed: Any = parse_yaml(settings)
    core = parsed["homeassistant"]
    assert core["language"] == language
    assert core["internal_url"] == "http://127.0.0.1:8199"
    assert (folder / "custom_components/hikcentral_visitors/manifest.json").exists()
    assert (folder / "blueprints/automation/hikcentral_visitors").is_dir()
    assert (folder / "media" / "portrait.jpg").exists()
