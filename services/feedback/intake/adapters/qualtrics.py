"""Qualtrics: a form that only names the response, signed in its own field; the values are fetched."""

import re

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
    Thin,
    Unreadable,
)

_QUESTION = re.compile(r"(QID\d+)((?:[_#].*)?)", re.DOTALL)
_SCORES = frozenset((Kind.NPS, Kind.CSAT, Kind.CES, Kind.RATING, Kind.NUMBER, Kind.IMPORTANCE, Kind.SATISFACTION))
# What Qualtrics says of every response, whatever was asked.
_OWN = frozenset(
    (
        "startDate", "endDate", "status", "ipAddress", "progress", "duration", "finished", "recordedDate", "_recordId",
        "recipientLastName", "recipientFirstName", "recipientEmail", "externalDataReference", "locationLatitude",
        "locationLongitude", "distributionChannel", "userLanguage",
    )
)  # fmt: skip


def message(body: JsonValue) -> dict[str, JsonValue]:
    """The fields of the event: those of the signed `MSG` where there is one, and then no others."""
    form = reading.obj(body)
    signed = form.get("MSG")
    if isinstance(signed, str):
        return reading.obj(_decoded(signed))
    return form


def _decoded(text: str) -> JsonValue:
    found = reading.decode(text.encode("utf-8", "surrogatepass"))
    return None if isinstance(found, Unreadable) else found


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """None: a response that is changed is told of with the same ids."""
    return None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """Where the response can be fetched."""
    event = message(body)
    # The topic begins with the brand's name: `usc.surveyengine.completedResponse.SV_…`.
    topic = reading.text(reading.obj(body).get("Topic") or event.get("Topic")) or ""
    if topic and "completedResponse" not in topic:
        return Ignored("unknown_event_type", reading.bounded(topic))
    survey, response = reading.identifier(event.get("SurveyID")), reading.identifier(event.get("ResponseID"))
    if response is None:
        return Unreadable("no_record_key", "/ResponseID")
    if survey is None:
        return Unreadable("missing", "/SurveyID")
    return Thin({"survey_id": survey, "response_id": response})


def parse_fetched(headers: Headers, body: JsonValue, fetched: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by `responseId`, ordered by `recordedDate`."""
    found = reading.obj(reading.obj(fetched).get("result"))
    values, labels = reading.obj(found.get("values")), reading.obj(found.get("labels"))
    key = reading.first_identifier(found.get("responseId"), values.get("_recordId"), message(body).get("ResponseID"))
    if key is None:
        return Unreadable("no_record_key", "/result/responseId")
    draft = Draft(rules)
    draft.email(values.get("recipientEmail"))
    for name, value in values.items():
        asked = _QUESTION.fullmatch(name)
        if asked is None:
            if name not in _OWN:
                draft.hide(value, name)
        elif asked[2].upper().endswith("_NPS_GROUP") or "_DO" in asked[2]:
            continue  # the group repeats the score; an order of display is no answer
        else:
            _answer(draft, values, name, asked[1], labels.get(name))
    recorded = draft.time(values.get("recordedDate"))
    person = (reading.name(values.get(part)) for part in ("recipientFirstName", "recipientLastName"))
    language = reading.text(values.get("userLanguage")) or ""
    return (
        draft.finish(
            key,
            submitted_at=recorded or draft.time(values.get("endDate")),
            changed_at=recorded,
            language=language.lower() if len(language) == 2 else language,
            external_id=values.get("externalDataReference"),
            name=" ".join(filter(None, person)),
        ),
    )


def _answer(draft: Draft, values: dict[str, JsonValue], name: str, question: str, label: JsonValue) -> None:
    value = values[name]
    if isinstance(value, str) and name.upper().endswith("_TEXT"):
        draft.answer(Kind.TEXT, reading.text(value), name, words=reading.text(value))
        return
    number = reading.number(value)
    if f"{question}_NPS_GROUP" in values and number is not None:
        draft.answer(Kind.NPS, number, name)
    elif number is not None and (draft.expects(name) in _SCORES or label is None):
        draft.answer(Kind.NUMBER, number, name)
    elif chosen := reading.texts(label) or reading.texts(value):
        ids = tuple(reading.bounded(one) for one in reading.texts(value)) if label is not None else ()
        if isinstance(value, str) and label is None:
            draft.answer(Kind.TEXT, chosen[0], name, words=chosen[0])
        else:
            draft.answer(Kind.CATEGORICAL, chosen, name, choice_ids=ids)


ADAPTER = Adapter("qualtrics", "qualtrics", delivery_key, parse, parse_fetched)
