"""What hassfest asserts for a custom integration, and what it leaves out.

Home Assistant's own validator cannot be installed, it runs only as a container
or action. These tests hold its rules (home-assistant/core, script/hassfest), so
that a mistake shows here and not at the release.
"""
