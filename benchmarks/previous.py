"""The previous system's calls for one grant with a photo, in the order of its code.

One after the other, nothing kept, nothing batched (previous-system.md 2.4 and 5.1):
9 calls in its last version (L), 13 in the version that was reported (R). Of R's calls
the source names all but one; that one is taken to be another reading of the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .server import LEVEL, ORGANISATION

type Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the gateway, path without prefix."""

    path: str
    body: Body


def grant(number: int, person_id: str, face: str, *, latest: bool) -> list[Call]:
    """Return the calls for the guest of that number, who becomes that person."""
    reading = Call("resource/v1/person/personId/personInfo", {"personId": person_id})
    apply = Call(
        "visitor/v1/auth/reapplication",
        {"personIds": person_id, "ImmediateDownload": 1},
    )
    # R's uploads as multipart forms, which the server refused, stand here as calls
    # that it refuses.
    uploads = [] if latest else [Call("resource/v1/person/face/upload", {})] * 2
    return [
        Call("resource/v1/org/advance/orgList", {"pageNo": 1, "pageSize": 100}),
        Call(
            "resource/v1/person/personCode/personInfo",
            {"personCode": f"OLD{number:06}"},
        ),
        Call(
            "resource/v1/person/single/add",
            {
                "personCode": f"OLD{number:06}",
                "personGivenName": f"Guest {number}",
                "personFamilyName": "Benchmark",
                "orgIndexCode": ORGANISATION,
                "beginTime": "2026-01-01T00:00:00+00:00",
                "endTime": "2037-01-01T00:00:00+00:00",
            },
        ),
        reading,
        *uploads,
        Call(
            "resource/v1/person/face/update",
            {"personId": person_id, "faceData": face},
        ),
        apply,
        *([] if latest else [apply, reading]),
        reading,
        Call(
            "acs/v1/privilege/group/single/addPersons",
            {"privilegeGroupId": LEVEL, "type": 1, "list": [{"id": person_id}]},
        ),
        apply,
    ]
