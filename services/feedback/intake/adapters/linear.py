"""Linear: issues, comments and customer requests that are created or updated."""

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Outcome,
    Rules,
    Unreadable,
)

_KINDS = {"Issue": "issue", "Comment": "comment", "CustomerNeed": "need", "CustomerRequest": "need"}


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`Linear-Delivery`."""
    return reading.identifier(headers.get("linear-delivery"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One issue, comment or request; upserted by `data.id`, ordered by `updatedAt`."""
    event = reading.obj(body)
    kind, action = reading.identifier(event.get("type")), reading.identifier(event.get("action"))
    if kind not in _KINDS or action not in (None, "create", "update"):
        return (
            Ignored("unknown_event_type", reading.bounded(f"{kind}.{action}"))
            if kind
            else Unreadable("missing", "/type")
        )
    data = event.get("data")
    if not isinstance(data, dict):
        return Unreadable("missing", "/data")
    key = reading.identifier(data.get("id"))
    if key is None:
        return Unreadable("no_record_key", "/data/id")
    draft = Draft(rules)
    draft.words(reading.text(data.get("title")))
    draft.words(reading.text(data.get("description")))
    draft.words(reading.text(data.get("body")))
    if draft.silent:
        return Unreadable("nothing_to_read", "/data")
    labels = [reading.obj(one).get("name") for one in reading.items(data.get("labels"))]
    draft.hide(labels, "labels")
    for name in ("identifier", "priorityLabel", "projectId", "teamId", "issueId"):
        draft.hide(data.get(name), name)
    customer = reading.obj(data.get("customer"))
    draft.hide(customer.get("name"), "customer")
    # An update is made by whoever changed it; who said it is known at the creation only.
    actor = reading.obj(event.get("actor")) if action != "update" else {}
    draft.email(actor.get("email"))
    created, updated = draft.time(data.get("createdAt")), draft.time(data.get("updatedAt"))
    return (
        draft.finish(
            f"{_KINDS[kind]}:{key}"[:200],
            submitted_at=created or updated,
            changed_at=updated or created,
            source_name=data.get("title"),
            source_url=event.get("url"),
            account_external_id=next(iter(reading.items(customer.get("externalIds"))), None),
            name=actor.get("name"),
            respondent_id=actor.get("id"),
        ),
    )


ADAPTER = Adapter("linear", "linear", delivery_key, parse)
