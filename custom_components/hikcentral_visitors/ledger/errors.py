"""What can go wrong with the file."""


class LedgerError(Exception):
    """Nothing was stored, since the database could not: full disk, lock, bad file."""


class NewerSchemaError(LedgerError):
    """A newer release wrote the file; it is left as it is."""

    def __init__(self, found: int, understood: int) -> None:
        """Name both schema versions."""
        super().__init__(
            f"the file has schema {found}, this release understands {understood}"
        )
        self.found = found
        self.understood = understood
