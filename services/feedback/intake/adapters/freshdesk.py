"""Freshdesk: a body that an admin wrote for an automation rule, under `freshdesk_webhook`. All strings, some HTML."""

from services.feedback.intake.adapters import generic, reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    DELIVERY,
    Adapter,
    Headers,
    JsonValue,
    Outcome,
    Rules,
    Unreadable,
)

_READ = frozenset(
    ("ticket_id", "ticket_url", "ticket_subject", "ticket_description", "requester_name", "requester_email")
)


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """None: two changes of one ticket differ in their bodies only."""
    return None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One ticket; upserted by `ticket_id`. It tells no time, so the last to arrive counts."""
    told = reading.obj(body)
    wrapped = told.get("freshdesk_webhook")
    ticket = reading.obj(wrapped) if isinstance(wrapped, dict) else told
    key = reading.identifier(ticket.get("ticket_id"))
    if rules.fields is not None or key is None:
        alone = reading.identifier(headers.get(DELIVERY))
        found = generic.read(body if rules.fields is not None else {**ticket}, rules, alone, html=True)
        return found if isinstance(found, Unreadable) else (found,)
    draft = Draft(rules)
    draft.words(reading.prose(ticket.get("ticket_subject")))
    draft.words(reading.prose(ticket.get("ticket_description")))
    draft.email(ticket.get("requester_email"))
    for name, value in ticket.items():
        if name not in _READ:
            draft.hide(value, name)
    if draft.silent:
        return Unreadable("nothing_to_read", "/freshdesk_webhook" if wrapped else "")
    return (
        draft.finish(
            key,
            source_name=ticket.get("ticket_subject"),
            source_url=ticket.get("ticket_url"),
            name=ticket.get("requester_name"),
        ),
    )


ADAPTER = Adapter("freshdesk", "token", delivery_key, parse)
