"""HubSpot: a workflow's webhook with a whole record, read as the rules say; API events, which tell of a change only.

Events about feedback submissions are fetched. What that rests on is the vendor's documentation and no capture of a live
account: a delivery is an array of up to 100 events; generic subscriptions (`object.creation`, with `objectTypeId`; in
beta since 2024) cover feedback submissions, whose type is 0-19; CRM v3 reads them by their ids with a private app's
token. The names of properties are the default ones; what a survey asks besides is found by the names in the rules.
"""

import re

from services.feedback.intake.adapters import generic, reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    DELIVERY,
    FETCHED_LIMIT,
    ROW_LIMIT,
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Kind,
    Outcome,
    Response,
    Rules,
    Thin,
    Unreadable,
)

SUBMISSION = "0-19"
_TELLING = frozenset(("object.creation", "object.propertyChange", "object.restore"))
_SCORES = {"NPS": Kind.NPS, "CSAT": Kind.CSAT, "CES": Kind.CES}
PROPERTIES = (
    "hs_survey_type", "hs_survey_name", "hs_survey_channel", "hs_value", "hs_content", "hs_response_group",
    "hs_submission_timestamp", "hs_submission_url", "hs_lastmodifieddate", "hs_contact_id", "hs_contact_email_rollup",
    "hs_contact_firstname", "hs_contact_lastname",
)  # fmt: skip
"""What is asked for of every submission."""
MOST_PROPERTIES = 100
_PROPERTY = re.compile(r"[a-z][a-z0-9_]{0,99}")


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """None: `eventId` is not unique, and a record has no id of its delivery."""
    return None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response of a workflow; upserted by what `fields.record` leads to, else alone under its delivery.

    Of events the submissions that are to be fetched, each once.
    """
    if isinstance(body, list):
        return _told([reading.obj(each) for each in body], rules) if body else Unreadable("unknown_shape")
    record = reading.obj(body)
    if reading.identifier(record.get("subscriptionType")):
        return _told([record], rules)
    found = generic.read(_flat(record), rules, reading.identifier(headers.get(DELIVERY)))
    return found if isinstance(found, Unreadable) else (found,)


def _told(events: list[dict[str, JsonValue]], rules: Rules) -> Outcome:
    ids: dict[str, None] = {}
    for event in events:
        id = reading.word(event.get("objectId")) or ""
        if event.get("objectTypeId") == SUBMISSION and reading.word(event.get("subscriptionType")) in _TELLING:
            if not (id.isascii() and id.isdecimal() and len(id) <= 20):
                return Unreadable("no_record_key", f"/{events.index(event)}/objectId")
            ids[id] = None
    if len(ids) > ROW_LIMIT:
        return Unreadable("too_many_rows")
    if ids:
        return Thin({"object_ids": ",".join(ids), "properties": ",".join(_wanted(rules))})
    kind, of = (reading.word(events[0].get(name)) for name in ("subscriptionType", "objectTypeId"))
    if not kind:
        return Unreadable("unknown_shape")
    return Ignored("thin_event", reading.bounded(f"{kind} {of}" if of else kind))


def _wanted(rules: Rules) -> list[str]:
    """The properties to ask for: the default ones, and those that rules name."""
    named = (
        *rules.questions, *rules.about, *rules.scales,
        *(name for name in (rules.contact, rules.account, rules.idea, rules.need, rules.release) if name),
    )  # fmt: skip
    found = dict.fromkeys((*PROPERTIES, *(name for name in named if _PROPERTY.fullmatch(name))))
    return list(found)[:MOST_PROPERTIES]


def parse_fetched(headers: Headers, body: JsonValue, fetched: JsonValue, rules: Rules) -> Outcome:
    """Every submission that was found; upserted by its id, ordered by `hs_lastmodifieddate`."""
    listed = reading.items(reading.obj(fetched).get("results"))
    if len(listed) > FETCHED_LIMIT:
        return Unreadable("too_many_rows", "/results")
    responses: list[Response] = []
    for position, entry in enumerate(map(reading.obj, listed)):
        key = reading.identifier(entry.get("id"))
        if key is None:
            return Unreadable("no_record_key", f"/results/{position}/id")
        draft = Draft(rules)
        found = _submission(draft, key, entry)
        if not draft.silent:
            responses.append(found)
    if listed and not responses:
        # A survey of one's own: without rules nobody knows what its properties say.
        return Unreadable("nothing_to_read", "/results")
    return tuple(responses) or Ignored("no_new_responses")


def _submission(draft: Draft, key: str, entry: dict[str, JsonValue]) -> Response:
    given = reading.obj(entry.get("properties"))
    if given.get("hs_value") not in (None, ""):
        kind = _SCORES.get((reading.text(given.get("hs_survey_type")) or "").upper(), Kind.RATING)
        draft.answer(kind, reading.number(given["hs_value"]), "hs_value")
    if words := reading.text(given.get("hs_content")):
        draft.answer(Kind.TEXT, words, "hs_content", words=words)
    draft.email(given.get("hs_contact_email_rollup"))
    for name, value in given.items():
        if name not in _READ:
            draft.hide(value, name)
    changed = draft.time(given.get("hs_lastmodifieddate") or entry.get("updatedAt"))
    names = [reading.name(given.get(f"hs_contact_{part}")) for part in ("firstname", "lastname")]
    return draft.finish(
        key,
        submitted_at=draft.time(given.get("hs_submission_timestamp") or entry.get("createdAt")) or changed,
        changed_at=changed,
        source_name=given.get("hs_survey_name"),
        source_url=given.get("hs_submission_url"),
        name=" ".join(name for name in names if name),
        respondent_id=given.get("hs_contact_id"),
    )


# What else comes along (`hs_response_group`, properties of one's own) is a hidden field, or by a rule a question.
_READ = frozenset(PROPERTIES) - {"hs_response_group", "hs_survey_channel"} | {"hs_createdate", "hs_object_id"}


def _flat(record: dict[str, JsonValue]) -> JsonValue:
    """Properties by their names: `{"score": {"value": "9", "versions": […]}}` as `{"score": "9"}`."""
    properties = record.get("properties")
    if not isinstance(properties, dict):
        return record
    values = {
        name: entry.get("value") if isinstance(entry, dict) and "value" in entry else entry
        for name, entry in properties.items()
    }
    return {**record, "properties": values}


ADAPTER = Adapter("hubspot", "hubspot", delivery_key, parse, parse_fetched)
