"""What the demo says and names, in the languages it speaks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the story, with the card that the reception hands out."""

    given_name: str
    family_name: str
    company: str
    visitor_type: str
    card_no: str
    purpose: str = ""

    @property
    def name(self) -> str:
        """The full name, as the integration writes it."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One language: `place` fills the configuration, `layout` names the doors."""

    language: str
    place: Mapping[str, Any]
    layout: Mapping[str, Any]
    administrator: str
    receptionist: str
    colleague: str
    phone: str
    people: tuple[Person, ...]
    words: Mapping[str, str]

    @property
    def zone(self) -> ZoneInfo:
        """The facility's time zone."""
        return ZoneInfo(self.place["time_zone"])


def _layout(
    doors: tuple[str, ...],
    readers: tuple[str, str],
    levels: tuple[str, ...],
    groups: tuple[str, ...],
) -> dict[str, Any]:
    """Return the simulator's own facility with other names; the ids stay."""
    ids = ["11", "12", "13", "14", "15"]
    all_but_last = ids[:-1]
    root, visitors, staff = groups
    return {
        "organisations": [
            {"orgIndexCode": "1", "orgName": root, "parentOrgIndexCode": "0"},
            {"orgIndexCode": "2", "orgName": visitors, "parentOrgIndexCode": "1"},
            {"orgIndexCode": "3", "orgName": staff, "parentOrgIndexCode": "1"},
        ],
        "doors": [
            {
                "doorIndexCode": door,
                "doorName": name,
                "acsDevIndexCode": str(number),
                "readers": [
                    {"readerIndexCode": f"2{number + at}", "readerName": reader}
                    for at, reader in enumerate(readers if door == "15" else (name,))
                ],
            }
            for number, (door, name) in enumerate(zip(ids, doors, strict=True), start=1)
        ],
        "levels": [
            {"privilegeGroupId": level, "privilegeGroupName": name, "doors": opened}
            for level, name, opened in zip(
                ("7", "8", "9"), levels, (all_but_last, ids, ids), strict=True
            )
        ],
    }


ENGLISH: Final = Texts(
    language="en",
    place={
        "name": "Northgate Campus",
        "latitude": 52.37,
        "longitude": 4.89,
        "time_zone": "Europe/Amsterdam",
        "country": "NL",
        "language": "en",
    },
    layout=_layout(
        (
            "Turnstile in",
            "Turnstile out",
            "Parking in",
            "Parking out",
            "Meeting room",
        ),
        ("Meeting room in", "Meeting room out"),
        ("Visitors", "Visitors VIP", "Staff"),
        ("All departments", "Visitors", "Staff"),
    ),
    administrator="Alex Carter",
    receptionist="Rita Moss",
    colleague="Colin Webb",
    phone="Rita's phone",
    people=(
        Person(
            given_name="Anna",
            family_name="Berg",
            company="Berg Lifts",
            visitor_type="contractor",
            card_no="5500000001",
            purpose="Lift maintenance",
        ),
        Person(
            given_name="Boris",
            family_name="Lang",
            company="Lang & Sons",
            visitor_type="guest",
            card_no="5500000002",
        ),
        Person(
            given_name="Maria",
            family_name="Rossi",
            company="Rossi Design",
            visitor_type="vip",
            card_no="5500000003",
            purpose="Board meeting",
        ),
        Person(
            given_name="Kenji",
            family_name="Tanaka",
            company="Northgate University",
            visitor_type="student",
            card_no="5500000004",
        ),
        Person(
            given_name="Sofia",
            family_name="Almeida",
            company="Almeida Audit",
            visitor_type="guest",
            card_no="5500000005",
            purpose="Audit",
        ),
    ),
    words={
        "visitors": "Visitors",
        "doors": "Doors",
        "activity": "Activity",
        "register": "Register a visitor",
        "register_hint": "Name, host, until when: the doors know in seconds",
        "nobody": "Nobody is expected or inside. *Register a visitor* is on the left.",
        "extend": "Extend",
        "revoke": "Revoke",
        "open": "Open",
        "until": "Until",
        "visitors_inside": "Inside",
        "at_reception": "At reception",
        "expected_today": "Expected",
        "overstaying": "Overstaying",
        "denied_today": "Not let in",
        "pending_changes": "Pending",
        "next_visitor": "Next visitor",
        "sure": "Revoke the access now?",
        "tell_the_host": "Tell the host when a visitor comes and goes",
        "simulator": "A facility with five doors (simulated HikCentral Professional)",
        "home_assistant": "Home Assistant with the integration",
        "connected": "Connected to HikCentral, certificate pinned",
        "subscribed": "HikCentral sends passages to Home Assistant's webhook",
        "after": "({seconds} s after the door)",
        "on_the_phone": "(pushed by HikCentral, on the phone after {seconds} s)",
        "set_up": "Operator, phone, blueprints, dashboard",
        "granted": "{name} is granted access until {until} by {by}",
        "not_yours": "{by}, who is no operator, may do none of it",
        "entered": "{name} walks in; {by}'s phone tells",
        "extended": "«{button}» on the phone: until {until}, past midnight",
        "next_week": "{name}, invited for next week, stays outside today",
        "left": "{name} walks out; the phone tells",
        "revoked": "Access is revoked; the doors have let go",
        "denied": "{name} is denied at the door, and it is seen",
        "let_in": "let in",
        "not_let_in": "not let in",
        "push": "phone",
        "visits": "{number} visits registered",
        "tapped": "«{button}» tapped",
        "open_browser": "Open {url}",
        "login": "log in as {role}: {username} / {password}",
        "admin_role": "administrator",
        "reception_role": "receptionist, may change access",
        "colleague_role": "colleague, may not",
        "keys": "Enter a number to tap a button of the last push. Ctrl-C ends it all.",
        "ending": "Ending…",
        "done": "All of it worked, in {seconds} s.",
        "failed": "Failed: {reason}",
        "logs": "Logs are in {folder}",
    },
)

RUSSIAN: Final = Texts(
    language="ru",
    place={
        "name": "Кампус «Северный»",
        "latitude": 55.75,
        "longitude": 37.62,
        "time_zone": "Europe/Moscow",
        "country": "RU",
        "language": "ru",
    },
    layout=_layout(
        (
            "Главный вход",
            "Главный выход",
            "Парковка, въезд",
            "Парковка, выезд",
            "Переговорная",
        ),
        ("Переговорная, вход", "Переговорная, выход"),
        ("Посетители", "Посетители VIP", "Сотрудники"),
        ("Все подразделения", "Посетители", "Сотрудники"),
    ),
    administrator="Алексей Кравцов",
    receptionist="Рита Морозова",
    colleague="Николай Власов",
    phone="Телефон Риты",
    people=(
        Person(
            given_name="Анна",
            family_name="Соколова",
            company="Лифтсервис",
            visitor_type="contractor",
            card_no="5500000001",
            purpose="Обслуживание лифтов",
        ),
        Person(
            given_name="Борис",
            family_name="Ланге",
            company="Ланге и сыновья",
            visitor_type="guest",
            card_no="5500000002",
        ),
        Person(
            given_name="Мария",
            family_name="Левина",
            company="Студия Левиной",
            visitor_type="vip",
            card_no="5500000003",
            purpose="Совет директоров",
        ),
        Person(
            given_name="Тимур",
            family_name="Ахметов",
            company="Университет",
            visitor_type="student",
            card_no="5500000004",
        ),
        Person(
            given_name="Софья",
            family_name="Орлова",
            company="Орлова Аудит",
            visitor_type="guest",
            card_no="5500000005",
            purpose="Аудит",
        ),
    ),
    words={
        "visitors": "Посетители",
        "doors": "Двери",
        "activity": "Активность",
        "register": "Зарегистрировать посетителя",
        "register_hint": "Имя, кого посещает, до какого времени",
        "nobody": "Никого нет и никто не ожидается.",
        "extend": "Продлить",
        "revoke": "Отозвать",
        "open": "Открыть",
        "until": "До",
        "visitors_inside": "Внутри",
        "at_reception": "Ресепшен",
        "expected_today": "Ожидаются",
        "overstaying": "Сверх срока",
        "denied_today": "Отказы",
        "pending_changes": "Ещё не на дверях",
        "next_visitor": "Следующий визит",
        "sure": "Отозвать доступ сейчас?",
        "tell_the_host": "Сообщить принимающему о входе и выходе посетителя",
        "simulator": "Объект с пятью дверями (имитация HikCentral Professional)",
        "home_assistant": "Home Assistant с интеграцией",
        "connected": "Подключение к HikCentral, сертификат закреплён",
        "subscribed": "HikCentral отправляет проходы на вебхук Home Assistant",
        "after": "(через {seconds} с после прохода)",
        "on_the_phone": "(отправлено из HikCentral, на телефоне через {seconds} с)",
        "set_up": "Оператор, телефон, проекты, панель",
        "granted": "{name}: доступ до {until}, выдан: {by}",
        "not_yours": "{by} (не оператор) не может ничего из этого",
        "entered": "{name}: вход; уведомление на телефоне ({by})",
        "extended": "«{button}» на телефоне: до {until}, за полночь",
        "next_week": "{name}: приглашение на следующую неделю, сегодня дверь закрыта",
        "left": "{name}: выход; уведомление на телефоне",
        "revoked": "Доступ отозван, двери его больше не знают",
        "denied": "{name}: отказ у двери, и это видно",
        "let_in": "проход разрешён",
        "not_let_in": "отказ",
        "push": "телефон",
        "visits": "Зарегистрировано визитов: {number}",
        "tapped": "нажато «{button}»",
        "open_browser": "Откройте {url}",
        "login": "вход, {role}: {username} / {password}",
        "admin_role": "администратор",
        "reception_role": "ресепшен, может менять доступ",
        "colleague_role": "коллега, не может",
        "keys": "Введите номер, чтобы нажать кнопку уведомления. Ctrl-C завершает всё.",
        "ending": "Завершение…",
        "done": "Всё получилось за {seconds} с.",
        "failed": "Не получилось: {reason}",
        "logs": "Журналы: {folder}",
    },
)

LANGUAGES: Final = {texts.language: texts for texts in (ENGLISH, RUSSIAN)}
