"""Canny: posts, comments and votes. A vote has no words: the rules `idea: post` or `idea: post_id` make it count."""

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

_KINDS = {"post.created": "post", "comment.created": "comment", "vote.created": "vote"}


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`canny-nonce`."""
    return reading.identifier(headers.get("canny-nonce"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One post, comment or vote; upserted by its id."""
    event = reading.obj(body)
    told = reading.identifier(event.get("type"))
    if told not in _KINDS:
        return Ignored("unknown_event_type", told) if told else Unreadable("missing", "/type")
    found = event.get("object")
    if not isinstance(found, dict):
        return Unreadable("missing", "/object")
    kind = _KINDS[told]
    key = reading.identifier(found.get("id"))
    if key is None:
        return Unreadable("no_record_key", "/object/id")
    draft = Draft(rules)
    if kind == "post":
        draft.words(reading.text(found.get("title")))
        draft.words(reading.text(found.get("details")))
    elif kind == "comment":
        draft.words(reading.text(found.get("value")))
    post = found if kind == "post" else reading.obj(found.get("post"))
    draft.hide(post.get("title"), "post")
    draft.hide(post.get("id"), "post_id")
    draft.hide(reading.obj(found.get("board") or post.get("board")).get("name"), "board")
    draft.hide(post.get("status"), "status")
    draft.hide([reading.obj(one).get("name") for one in reading.items(found.get("tags"))], "tags")
    if draft.empty:
        return Unreadable("nothing_to_read", "/object")
    person = reading.obj(found.get("author") or found.get("voter"))
    draft.email(person.get("email"))
    companies = [reading.obj(one) for one in reading.items(person.get("companies"))]
    at = draft.time(found.get("created") or event.get("created"))
    return (
        draft.finish(
            f"{kind}:{key}"[:200],
            submitted_at=at,
            changed_at=draft.time(event.get("created")) or at,
            source_name=post.get("title"),
            source_url=found.get("url") or post.get("url"),
            external_id=person.get("userID"),
            account_external_id=companies[0].get("id") if companies else None,
            name=person.get("name"),
            respondent_id=person.get("id"),
        ),
    )


ADAPTER = Adapter("canny", "canny", delivery_key, parse)
