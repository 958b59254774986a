"""Pictures of visitors, kept no longer than HikCentral needs them from us."""

from sqlalchemy import Connection

from .statements import ADD_PHOTO, DROP_PHOTO, KEY, PHOTO
from .transaction import Transaction


def photo(connection: Connection, visitor_id: str, digest: str) -> bytes | None:
    """Return the JPEG of that digest, None where it is gone."""
    jpeg: bytes | None = connection.scalar(PHOTO, {KEY: visitor_id, "digest": digest})
    return jpeg


def keep_photo(
    transaction: Transaction, visitor_id: str, digest: str, jpeg: bytes
) -> None:
    """Keep a visitor's picture in place of any other."""
    drop_photo(transaction, visitor_id)
    transaction.connection.execute(
        ADD_PHOTO, {"visitor_id": visitor_id, "digest": digest, "jpeg": jpeg}
    )


def drop_photo(transaction: Transaction, visitor_id: str) -> None:
    """Keep no picture of that visitor any more."""
    transaction.connection.execute(DROP_PHOTO, {KEY: visitor_id})
