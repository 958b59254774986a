"""The server itself and its organisations (reference 3.1, 3.2)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from .fields import Fields
from .pace import Priority
from .paging import all_objects
from .transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A department; the root's `parent` is "0"."""

    index_code: str
    name: str = ""
    parent: str = ""

    @classmethod
    def from_fields(cls, fields: Fields) -> Organisation | None:
        """Return the organisation in an answer, None if there is no id."""
        if not (index_code := fields.text("orgIndexCode")):
            return None
        return cls(
            index_code=index_code,
            name=fields.text("orgName"),
            parent=fields.text("parentOrgIndexCode", "parentIndexCode"),
        )


class SystemCalls:
    """The calls on the server and its organisations."""

    _transport: Transport

    async def version(self, *, priority: Priority = Priority.INTERACTIVE) -> str:
        """Return the version, such as V3.1.1.0; "" where the server does not say.

        This is the call that every partner may make.
        """
        return await self._transport.read(
            "common/v1/version",
            {},
            priority,
            lambda data: Fields(data).text("softVersion"),
        )

    async def organisations(
        self, *, priority: Priority = Priority.INTERACTIVE
    ) -> AsyncIterator[Organisation]:
        """Return all organisations."""
        path = "resource/v1/org/orgList"
        async for fields in all_objects(self._transport, path, {}, priority):
            if (organisation := Organisation.from_fields(fields)) is not None:
                yield organisation
