"""Requests as bytes, each different from all others, made before the clock starts."""

import itertools
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from services.feedback.intake.signatures import SCHEMES, sign

TEXT = (
    "Month end takes us a day because the list cannot be exported. We copy the table by hand into a sheet, twice, and "
    "the second copy never agrees with the first. A CSV with the filters applied would do."
)
_RUN = secrets.token_hex(4)
_NUMBERS = itertools.count(1)
"""Never reset: an id is used once in a run, whichever part it is in."""


def request(
    path: str, body: bytes, *, key: str | None = None, kind: str = "application/json", headers: Iterable[str] = ()
) -> bytes:
    """A POST. With `key` as its API key and an Idempotency-Key of its own."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    if key is not None:
        # At random, as callers make them: neighbours in time are none in the index.
        lines += [f"Authorization: Bearer {key}", f"Idempotency-Key: {secrets.token_hex(16)}"]
    return ("\r\n".join([*lines, *headers]) + "\r\n\r\n").encode() + body


def question(key: str, path: str) -> bytes:
    """A GET."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def statement(**more: Any) -> dict[str, Any]:
    """A FeedbackIn with an external id that no other has."""
    number = next(_NUMBERS)
    return {
        "text": TEXT,
        "source": "support",
        "external_id": f"ticket-{_RUN}-{number}",
        "said_at": "2026-05-01T10:00:00Z",
        "source_url": f"https://support.example.com/tickets/{number}",
        "language": "en",
        "attributes": {"plan": "pro", "seats": 42, "region": "eu", "trial": False},
        **more,
    }


def feedback(key: str, count: int) -> list[bytes]:
    """`POST /v1/feedback`: the same columns as the peer stores."""
    return [request("/v1/feedback", json.dumps(statement()).encode(), key=key) for _ in range(count)]


def full_feedback(key: str, count: int, emails: Iterator[str], ideas: Sequence[str]) -> list[bytes]:
    """`POST /v1/feedback` with a contact to be recognised and an idea to be linked."""
    made: list[bytes] = []
    for number, email in zip(range(count), emails, strict=False):
        body = statement(contact={"email": email}, ideas=[ideas[number % len(ideas)]])
        made.append(request("/v1/feedback", json.dumps(body).encode(), key=key))
    return made


def rows(count: int) -> list[dict[str, Any]]:
    """Rows of a bulk upload."""
    return [statement() for _ in range(count)]


def upload(key: str, given: Iterable[dict[str, Any]]) -> bytes:
    """`POST /v1/feedback/bulk`. Its rows have external ids, so it needs no Idempotency-Key."""
    body = "\n".join(map(json.dumps, given)).encode()
    headers = [f"Authorization: Bearer {key}"]
    return request("/v1/feedback/bulk", body, kind="application/x-ndjson", headers=headers)


def vote(key: str, idea: str, email: str) -> bytes:
    """`POST /v1/votes`."""
    body = {"idea_id": idea, "contact": {"email": email}, "importance": "important"}
    return request("/v1/votes", json.dumps(body).encode(), key=key)


FIELDS = [
    {"id": "Q7M2XAwY04d1", "title": "How likely are you to recommend us?", "type": "opinion_scale", "ref": "nps"},
    {"id": "Q7M2XAwY04d2", "title": "What should we improve?", "type": "long_text", "ref": "improve"},
    {"id": "Q7M2XAwY04d3", "title": "Where can we reach you?", "type": "email", "ref": "mail"},
]


def typeform(path: str, secret: str, email: str, idea: str | None = None) -> bytes:
    """A signed Typeform delivery: two answers, an address and, as a hidden field, an idea."""
    number = next(_NUMBERS)
    answered = [{name: field[name] for name in ("id", "type", "ref")} for field in FIELDS]
    body = json.dumps(
        {
            "event_id": f"01HXQ{_RUN}{number}",
            "event_type": "form_response",
            "form_response": {
                "form_id": "D4e5F6",
                "token": secrets.token_hex(16),
                "landed_at": "2026-05-01T09:58:30Z",
                "submitted_at": "2026-05-01T10:00:00Z",
                "hidden": {"plan": "growth", **({"idea": idea} if idea else {})},
                "definition": {"id": "D4e5F6", "title": "How are we doing?", "fields": FIELDS},
                "answers": [
                    {"type": "number", "number": number % 11, "field": answered[0]},
                    {"type": "text", "text": TEXT, "field": answered[1]},
                    {"type": "email", "email": email, "field": answered[2]},
                ],
            },
        }
    ).encode()
    signed = sign(SCHEMES["typeform"], secret, body)
    return request(path, body, headers=[f"{name}: {value}" for name, value in signed.items()])
