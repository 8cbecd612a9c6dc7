"""Zendesk: event subscriptions (`zen:event-type:ticket.created`), and bodies that an admin wrote for a trigger."""

from services.feedback.intake.adapters import generic, reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    DELIVERY,
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Kind,
    Outcome,
    Rules,
    Unreadable,
)

_LEAD = "zen:event-type:"
_RATED = frozenset(("ticket.csat_score_changed", "ticket.satisfaction_score_changed", "ticket.csat_comment_changed"))


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """The invocation's id, or the event's."""
    return reading.first_identifier(headers.get("x-zendesk-webhook-invocation-id"), reading.obj(body).get("id"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """A ticket, a public comment of a customer, or a rating; upserted by the ids of each."""
    event = reading.obj(body)
    kind = reading.text(event.get("type")) or ""
    if not kind.startswith(_LEAD):
        found = generic.read(body, rules, reading.identifier(headers.get(DELIVERY)), html=True)
        return found if isinstance(found, Unreadable) else (found,)
    kind = reading.bounded(kind.removeprefix(_LEAD))
    detail, change = reading.obj(event.get("detail")), reading.obj(event.get("event"))
    ticket = reading.identifier(detail.get("id"))
    if ticket is None:
        return Unreadable("no_record_key", "/detail/id")
    draft = Draft(rules)
    if kind == "ticket.created":
        key = f"ticket:{ticket}"
        draft.words(reading.prose(detail.get("subject")))
        draft.words(reading.prose(detail.get("description")))
    elif kind == "ticket.comment_added":
        comment = reading.obj(change.get("comment"))
        author = reading.obj(comment.get("author"))
        if comment.get("is_public") is False or author.get("is_staff") is True:
            return Ignored("not_from_a_customer")
        number = reading.identifier(comment.get("id"))
        if number is None:
            return Unreadable("no_record_key", "/event/comment/id")
        key = f"comment:{number}"
        draft.words(reading.prose(comment.get("body")))
        draft.hide(ticket, "ticket_id")
    elif kind in _RATED:
        key = f"rating:{ticket}"
        score = reading.number(change.get("current"))
        if score is not None:
            draft.answer(Kind.CSAT, score, "satisfaction")
        elif words := reading.text(change.get("current")):
            said = kind.endswith("comment_changed")
            draft.answer(
                Kind.TEXT if said else Kind.CATEGORICAL, words if said else (words,), "satisfaction", words=words
            )
    else:
        return Ignored("unknown_event_type", kind)
    if draft.silent:
        return Unreadable("nothing_to_read", "/detail")
    for name in ("priority", "status", "type", "brand_id", "group_id", "form_id", "external_id", "organization_id"):
        draft.hide(detail.get(name), name)
    draft.hide(detail.get("tags"), "tags")
    at = draft.time(event.get("time") or detail.get("created_at"))
    return (
        draft.finish(
            reading.bounded(key),
            submitted_at=at,
            changed_at=at,
            source_name=detail.get("subject"),
            respondent_id=detail.get("requester_id"),
            partial=kind in _RATED,
        ),
    )


ADAPTER = Adapter("zendesk", "zendesk", delivery_key, parse)
