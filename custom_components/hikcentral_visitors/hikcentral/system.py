"""The server itself and its organisations (reference 3.1, 3.2)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from .errors import UnreadableAnswer
from .fields import Fields
from .pace import Priority
from .paging import all_objects
from .transport import Transport

ORGANISATION = "resource/v1/org/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Product and version, such as V3.1.1.0; "" where the server does not say."""

    product: str = ""
    version: str = ""


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

    async def version(self, *, priority: Priority = Priority.INTERACTIVE) -> Version:
        """Return product and version: the call that every partner may make."""

        def read(data: object) -> Version:
            fields = Fields(data)
            return Version(
                product=fields.text("produceName", "productName"),  # sic
                version=fields.text("softVersion"),
            )

        return await self._transport.read("common/v1/version", {}, priority, read)

    async def organisations(
        self, name: str | None = None, *, priority: Priority = Priority.INTERACTIVE
    ) -> AsyncIterator[Organisation]:
        """Return all organisations, or those like `name` and their parents."""
        path = ORGANISATION + ("advance/orgList" if name else "orgList")
        body = {"orgName": name} if name else {}
        async for fields in all_objects(self._transport, path, body, priority):
            if (organisation := Organisation.from_fields(fields)) is not None:
                yield organisation

    async def root_organisation(
        self, *, priority: Priority = Priority.INTERACTIVE
    ) -> Organisation:
        """Return the organisation above all."""
        path = ORGANISATION + "rootOrg"

        def read(data: object) -> Organisation:
            organisation = Organisation.from_fields(Fields(data))
            if organisation is None:
                raise UnreadableAnswer(None, "no organisation", path)
            return organisation

        return await self._transport.read(path, {}, priority, read)
