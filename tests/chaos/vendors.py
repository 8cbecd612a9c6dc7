"""Survey tools' deliveries, signed."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from services.feedback.intake.signatures import SCHEMES, sign


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a survey tool, to be sent as often as its sender likes."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.body).digest()


@dataclass(frozen=True, slots=True)
class Door:
    """A connection that was opened for a vendor."""

    id: str
    vendor: str
    path: str
    secret: str

    @classmethod
    def of(cls, made: dict[str, Any]) -> "Door":
        """The door that `POST /v1/connections` answered with."""
        return cls(made["id"], made["vendor"], "/v1/hooks/" + made["url"].rpartition("/")[2], made["secret"])

    def typeform(self, token: str, idea: str, email: str, words: str) -> Delivery:
        """A filled form."""
        asked = {"id": "f1", "type": "long_text", "ref": "why"}
        mail = {"id": "f2", "type": "email", "ref": "mail"}
        answers = [
            {"type": "text", "text": words, "field": asked},
            {"type": "email", "email": email, "field": mail},
        ]
        form = {
            "form_id": "chaos",
            "token": token,
            "submitted_at": "2026-05-01T10:00:00Z",
            "hidden": {"idea": idea},
            "definition": {"id": "chaos", "title": "Chaos", "fields": [asked, mail]},
            "answers": answers,
        }
        return self._signed({"event_id": f"ev-{token}", "event_type": "form_response", "form_response": form})

    def delighted(self, id: str, email: str, score: int, comment: str | None) -> Delivery:
        """A score at the moment of the click or, with a comment, the same response updated a minute later."""
        data: dict[str, Any] = {
            "id": id,
            "person": {"id": f"p-{id}", "email": email},
            "survey_type": "nps",
            "score": score,
            "comment": comment,
            "created_at": 1_772_438_400,
            "updated_at": 1_772_438_460 if comment else None,
            "additional_answers": [],
        }
        kind = "updated" if comment else "created"
        return self._signed(
            {"event_type": f"survey_response.{kind}", "event_id": f"ev-{id}-{kind}", "event_data": data}
        )

    def _signed(self, content: dict[str, Any]) -> Delivery:
        body = json.dumps(content).encode()
        headers = sign(SCHEMES[self.vendor], self.secret, body) | {"content-type": "application/json"}
        return Delivery(self.path, headers, body)
