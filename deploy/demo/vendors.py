"""Survey tools, as they deliver: bodies in each one's documented shape, signed in each one's way."""

import hmac
import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

RULES = {"idea": "idea", "account": "account", "questions": {"nps": "nps"}}
"""Which fields of a survey name the idea and the account, and which question is the NPS one."""


@dataclass(frozen=True, slots=True)
class Tool:
    """How a survey tool signs."""

    vendor: str
    header: str
    signature: Callable[[bytes], str]
    """What the header says of the body's HMAC."""

    def sign(self, secret: str, body: bytes) -> dict[str, str]:
        """The headers that go along with a body."""
        digest = hmac.digest(secret.encode(), body, "sha256")
        return {"Content-Type": "application/json", self.header: self.signature(digest)}


TYPEFORM = Tool("typeform", "Typeform-Signature", lambda digest: f"sha256={b64encode(digest).decode()}")
DELIGHTED = Tool("delighted", "X-Delighted-Webhook-Signature", lambda digest: f"sha256={digest.hex()}")
TALLY = Tool("tally", "Tally-Signature", lambda digest: b64encode(digest).decode())
TOOLS: Mapping[str, Tool] = {tool.vendor: tool for tool in (TYPEFORM, DELIGHTED, TALLY)}


def typeform(token: str, person: Mapping[str, str], idea: str, words: str, nps: int) -> bytes:
    """One answered form. `token` is Typeform's id of the response."""
    asked = {"id": "Qn1", "ref": "nps", "type": "opinion_scale", "title": "Would you recommend us?"}
    why = {"id": "Qn2", "ref": "why", "type": "long_text", "title": "What should we do next?"}
    mail = {"id": "Qn3", "ref": "mail", "type": "email", "title": "Where can we reach you?"}
    return _body(
        {
            "event_id": f"ev-{token}",
            "event_type": "form_response",
            "form_response": {
                "form_id": "quarterly",
                "token": token,
                "submitted_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                "hidden": {"idea": idea, "account": person["account"]},
                "definition": {"id": "quarterly", "title": "Quarterly check-in", "fields": [asked, why, mail]},
                "answers": [
                    {"type": "number", "number": nps, "field": asked},
                    {"type": "text", "text": words, "field": why},
                    {"type": "email", "email": person["email"], "field": mail},
                ],
            },
        }
    )


def delighted(response: str, person: Mapping[str, str], idea: str, score: int, comment: str | None) -> bytes:
    """The moment of a click on a score, with no words yet; or, with a comment, the same response updated."""
    now = int(time.time())
    return _body(
        {
            "event_type": f"survey_response.{'created' if comment is None else 'updated'}",
            "event_id": f"ev-{response}-{'created' if comment is None else 'updated'}",
            "event_data": {
                "id": response,
                "person": {"id": f"p-{response}", "email": person["email"], "name": person["name"]},
                "survey_type": "nps",
                "score": score,
                "comment": comment,
                "permalink": f"https://example.com/responses/{response}",
                "created_at": now,
                "updated_at": now,
                "person_properties": {"account": person["account"], "idea": idea},
                "additional_answers": [],
            },
        }
    )


def tally(submission: str, person: Mapping[str, str], idea: str, words: str) -> bytes:
    """One submitted form."""
    sent_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fields = [
        {"key": "question_idea", "label": "idea", "type": "HIDDEN_FIELDS", "value": idea},
        {"key": "question_account", "label": "account", "type": "HIDDEN_FIELDS", "value": person["account"]},
        {"key": "question_words", "label": "What is missing?", "type": "TEXTAREA", "value": words},
        {"key": "question_mail", "label": "Your address", "type": "INPUT_EMAIL", "value": person["email"]},
    ]
    return _body(
        {
            "eventId": f"ev-{submission}",
            "eventType": "FORM_RESPONSE",
            "createdAt": sent_at,
            "data": {
                "responseId": submission,
                "submissionId": submission,
                "respondentId": f"r-{submission}",
                "formId": "wishes",
                "formName": "Wishes",
                "createdAt": sent_at,
                "fields": fields,
            },
        }
    )


def _body(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()
