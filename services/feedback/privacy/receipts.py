"""What an erasure did, in a form that can be signed and checked."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.feedback.privacy.places import ELSEWHERE, FREE, PLACES, UNREACHABLE


def receipt(
    *,
    erasure_id: UUID,
    workspace_id: UUID,
    contact_ids: Sequence[UUID],
    identifiers: Sequence[str],
    reference: str | None,
    requested_by: str,
    requested_at: datetime,
    finished_at: datetime,
    rows: Mapping[str, int],
) -> dict[str, Any]:
    """The receipt. `identifiers`: keyed hashes of what the person was known by; `rows`: how many were changed where."""
    return {
        "erasure_id": str(erasure_id),
        "workspace_id": str(workspace_id),
        "contact_ids": [str(each) for each in contact_ids],
        "identifiers": list(identifiers),
        "reference": reference,
        "requested_by": requested_by,
        "requested_at": requested_at.isoformat(),
        "finished_at": finished_at.isoformat(),
        "places": [
            {"table": place.table, "holds": place.holds, "fate": place.fate, "rows": rows.get(place.table, 0)}
            for place in PLACES
        ],
        "elsewhere": dict(ELSEWHERE),
        "free_of_personal_data": dict(sorted(FREE.items())),
        "unreachable": list(UNREACHABLE),
    }


def canonical(content: Mapping[str, Any]) -> str:
    """The one way to write it: names in order, no blanks, ASCII. This is what is signed."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def named(kind: str, value: str) -> str:
    """What the keyed hash of an identifier is made of."""
    return f"{kind}:{value}"
