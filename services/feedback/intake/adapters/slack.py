"""Slack: messages of the Events API, and slash commands. The handshake `url_verification` is answered at the door."""

import html

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

_SAID = frozenset(("message", "app_mention"))


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`event_id`."""
    return reading.identifier(reading.obj(body).get("event_id"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One message, upserted by channel and time of posting; or one slash command, by its trigger."""
    told = reading.obj(body)
    kind = reading.identifier(told.get("type"))
    if kind == "url_verification":
        return Ignored("ping")
    if kind is None and told.get("command") is not None:
        return _command(told, rules)
    if kind != "event_callback":
        return Ignored("unknown_event_type", kind) if kind else Unreadable("missing", "/type")
    event = reading.obj(told.get("event"))
    kind, subtype = reading.identifier(event.get("type")), reading.identifier(event.get("subtype"))
    if kind not in _SAID:
        return Ignored("unknown_event_type", kind)
    said = reading.obj(event.get("message")) if subtype == "message_changed" else event
    if subtype not in (None, "message_changed", "file_share", "thread_broadcast"):
        return Ignored("unknown_event_type", f"{kind}.{subtype}"[:200])
    if said.get("bot_id") is not None or said.get("user") is None:
        return Ignored("not_from_a_customer")
    channel, posted = reading.word(event.get("channel")), reading.word(said.get("ts"))
    if channel is None or posted is None:
        return Unreadable("no_record_key", "/event/ts")
    draft = Draft(rules)
    draft.words(_plain(said.get("text")))
    if draft.silent:
        return Unreadable("nothing_to_read", "/event/text")
    for name, value in (("team", told.get("team_id")), ("channel", channel), ("thread", said.get("thread_ts"))):
        draft.hide(value, name)
    edited = reading.obj(said.get("edited")).get("ts")
    at = draft.time(posted)
    team = reading.word(told.get("team_id")) or ""
    return (
        draft.finish(
            reading.bounded(f"{team}:{channel}:{posted}"),
            submitted_at=at,
            changed_at=draft.time(edited) or at,
            respondent_id=f"{team}:{reading.word(said.get('user')) or ''}",
        ),
    )


def _command(told: dict[str, JsonValue], rules: Rules) -> Outcome:
    key = reading.identifier(told.get("trigger_id"))
    if key is None:
        return Unreadable("no_record_key", "/trigger_id")
    draft = Draft(rules)
    draft.words(_plain(told.get("text")))
    if draft.silent:
        return Unreadable("nothing_to_read", "/text")
    for name in ("command", "team_domain", "channel_id", "channel_name"):
        draft.hide(told.get(name), name)
    user = f"{reading.word(told.get('team_id')) or ''}:{reading.word(told.get('user_id')) or ''}"
    return (draft.finish(f"command:{key}"[:200], name=told.get("user_name"), respondent_id=user),)


def _plain(value: JsonValue) -> str | None:
    """Slack escapes three characters of what people write."""
    found = reading.text(value)
    return reading.clean(html.unescape(found)) if found else None


ADAPTER = Adapter("slack", "slack", delivery_key, parse)
