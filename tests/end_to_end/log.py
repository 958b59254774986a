"""What the real Home Assistant wrote into its log."""

from pathlib import Path

_OURS = "custom_components/hikcentral_visitors/"


def tracebacks_of_ours(log: Path) -> list[str]:
    """Return the places in our code at which exceptions that were logged passed."""
    return [
        line.strip()
        for line in log.read_text(errors="replace").splitlines()
        if line.lstrip().startswith('File "') and _OURS in line
    ]
