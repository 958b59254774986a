"""What of a visitor HikCentral is told besides his times: one digest for all of it."""

import hashlib
import json

from .visit import Visitor

REMARK = "Visitor, managed by Home Assistant"


def profile_digest(visitor: Visitor) -> str:
    """Return a digest of the names, contacts and cards that the person should have."""
    content = [
        visitor.given_name,
        visitor.family_name,
        visitor.phone,
        visitor.email,
        visitor.card_no,
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def photo_digest(jpeg: bytes) -> str:
    """Return the name under which a picture is remembered."""
    return hashlib.sha256(jpeg).hexdigest()
