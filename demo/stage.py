"""Everything set up and running, for a story to be played on."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession

from . import dashboard, installation
from .client import Client
from .configuration import prepare
from .facility import Facility, open_facility
from .home_assistant import open_home_assistant
from .installation import (
    ADMINISTRATOR,
    COLLEAGUE,
    PASSWORD,
    POLL_SECONDS,
    RECEPTIONIST,
    PhoneEntities,
)
from .language import Texts
from .phone import Phone, open_phone
from .report import Report
from .watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a story plays with; `host` is the receptionist's person in Home Assistant.

    `pushed_events` is the sensor that says whether HikCentral's pushes arrive.
    The phone is the receptionist's.
    """

    texts: Texts
    report: Report
    url: str
    facility: Facility
    administrator: Client
    receptionist: Client
    colleague: Client
    phone: Phone
    phone_entities: PhoneEntities
    host: str
    watch: Watch
    pushed_events: str


@asynccontextmanager
async def open_stage(
    folder: Path, port: int, texts: Texts, report: Report
) -> AsyncGenerator[Stage]:
    """Set up and run everything in a folder of its own until the context is left."""
    url = f"http://127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())
        prepare(folder, port, texts)
        with report.step(texts.words["simulator"]):
            facility = await stack.enter_async_context(
                open_facility(session, folder, texts)
            )
        with report.step(texts.words["home_assistant"]):
            await stack.enter_async_context(open_home_assistant(session, folder, url))
            administrator = await installation.create_administrator(session, url, texts)
            await stack.enter_async_context(administrator.connected())
            await installation.clear_areas(administrator)
        with report.step(texts.words["connected"]):
            entry_id = await installation.connect(administrator, facility)
        with report.step(texts.words["set_up"]):
            receptionist = await installation.create_user(
                session, url, administrator, RECEPTIONIST, texts.receptionist
            )
            await stack.enter_async_context(receptionist.connected())
            colleague = await installation.create_user(
                session, url, administrator, COLLEAGUE, texts.colleague
            )
            await stack.enter_async_context(colleague.connected())
            phone, push_url = await stack.enter_async_context(open_phone(session, url))
            await phone.register(receptionist, texts.phone, push_url)
            found = await installation.phone_entities(administrator, phone)
            host = await installation.create_host(
                administrator, texts.receptionist, receptionist, found.tracker
            )
            await installation.name_entry(administrator, entry_id, texts.place["name"])
            await installation.change_options(
                administrator,
                entry_id,
                "people",
                {"operators": [receptionist.user_id]},
            )
            await installation.change_options(
                administrator, entry_id, "devices", {"poll_interval": POLL_SECONDS}
            )
            await installation.use_blueprints(administrator, texts, found.notify)
            for user in (administrator, receptionist, colleague):
                await installation.speak(user, texts)
            watch = Watch()
            await watch.follow(administrator)
            await watch.state("script.register_visitor", "exists", bool)
            await dashboard.show(administrator, entry_id, texts)
        with report.step(texts.words["subscribed"]):
            server = (await dashboard.entities(administrator, entry_id)).server
            await watch.state(
                server["push"],
                "waiting for a first passage",
                lambda state: state["state"] in {"waiting", "arriving"},
            )
        yield Stage(
            texts=texts,
            report=report,
            url=url,
            facility=facility,
            administrator=administrator,
            receptionist=receptionist,
            colleague=colleague,
            phone=phone,
            phone_entities=found,
            host=host,
            watch=watch,
            pushed_events=server["push"],
        )


def logins(texts: Texts) -> list[str]:
    """Return the lines that say who can log in."""
    return [
        texts.words["login"].format(
            role=texts.words[role], username=username, password=PASSWORD
        )
        for role, username in (
            ("admin_role", ADMINISTRATOR),
            ("reception_role", RECEPTIONIST),
            ("colleague_role", COLLEAGUE),
        )
    ]
