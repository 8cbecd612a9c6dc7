"""Intercom: what customers write in conversations, and how they rate them. Bodies are HTML."""

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Kind,
    Outcome,
    Rules,
    Unreadable,
)

_WRITTEN = frozenset(("conversation.user.created", "conversation.user.replied", "conversation.created"))
_CUSTOMERS = frozenset(("user", "lead", "contact", "customer"))


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`id`, which a ping has as null."""
    return reading.identifier(reading.obj(body).get("id"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """A message or a rating; upserted by the ids of the message and of the conversation."""
    event = reading.obj(body)
    topic = reading.identifier(event.get("topic"))
    if topic == "ping":
        return Ignored("ping")
    item = reading.obj(event.get("data")).get("item")
    if topic in _WRITTEN or topic in ("conversation.rating.added", "conversation_rating.added"):
        if not isinstance(item, dict):
            return Unreadable("missing", "/data/item")
    else:
        return Ignored("unknown_event_type", topic) if topic else Unreadable("missing", "/topic")
    conversation = reading.identifier(item.get("id"))
    if conversation is None:
        return Unreadable("no_record_key", "/data/item/id")
    draft = Draft(rules)
    # The second generation has `source`, the first `conversation_message` with the user beside it.
    source = reading.obj(item.get("source")) or reading.obj(item.get("conversation_message"))
    author = reading.obj(source.get("author"))
    at = draft.time(event.get("created_at"))
    if topic not in _WRITTEN:
        key = f"rating:{conversation}"
        rating = reading.obj(item.get("conversation_rating"))
        draft.answer(Kind.CSAT, reading.number(rating.get("rating")), "rating")
        if remark := reading.prose(rating.get("remark")):
            draft.answer(Kind.TEXT, remark, "remark", words=remark)
    else:
        part = _last(item) if topic == "conversation.user.replied" else {}
        said = part or source
        author = reading.obj(said.get("author")) or author
        # The first generation calls everybody by their side; an admin's own message is no customer's.
        side = reading.text(author.get("type"))
        if side is not None and side not in _CUSTOMERS:
            return Ignored("not_from_a_customer")
        key = f"part:{reading.identifier(part.get('id'))}" if part else f"conversation:{conversation}"
        draft.words(reading.prose(said.get("subject")))
        draft.words(reading.prose(said.get("body")))
        draft.hide(conversation, "conversation_id")
        if draft.silent:
            return Unreadable("nothing_to_read", "/data/item")
    user = reading.obj(item.get("user")) or author
    draft.email(user.get("email") or author.get("email"))
    tags = reading.items(reading.obj(item.get("tags")).get("tags"))
    draft.hide([reading.obj(one).get("name") for one in tags], "tags")
    draft.hide(item.get("priority"), "priority")
    return (
        draft.finish(
            reading.bounded(key),
            submitted_at=at,
            changed_at=at,
            source_url=source.get("url"),
            external_id=user.get("user_id") or user.get("external_id"),
            name=user.get("name") or author.get("name"),
            respondent_id=user.get("id") or author.get("id"),
        ),
    )


def _last(item: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The newest part that has an id and a body."""
    parts = reading.items(reading.obj(item.get("conversation_parts")).get("conversation_parts"))
    for part in map(reading.obj, reversed(parts)):
        if reading.identifier(part.get("id")) and part.get("body"):
            return part
    return {}


ADAPTER = Adapter("intercom", "intercom", delivery_key, parse)
