"""Jotform: a multipart form whose part `rawRequest` is a JSON string; every scalar in it is a string."""

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
    Unreadable,
)

_QUESTION = re.compile(r"q(\d{1,6})_(.*)", re.DOTALL)
# Among the scalars of `rawRequest`, what the form says about itself. `path` and `webhookURL` would tell the door.
_NOISE = frozenset(
    (
        "slug", "jsExecutionTracker", "submitSource", "buildDate", "path", "temp_upload", "event_id", "timeToSubmit",
        "uploadServerUrl", "eventObserver", "validatedNewRequiredFieldIDs", "file_server", "preview", "submitDate",
        "visitedPages", "colIds", "rowIds", "implementation",
    )
)  # fmt: skip


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """None: an edit has the submission's id again, so only the body tells two deliveries apart."""
    return None


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One response; upserted by `submissionID`. It tells no time, so the last to arrive counts."""
    form = reading.obj(body)
    raw = form.get("rawRequest")
    found = reading.decode(raw.encode("utf-8", "surrogatepass")) if isinstance(raw, str) else raw
    if not isinstance(found, dict):
        return Unreadable("missing" if raw is None else "not_json", "/rawRequest")
    key = reading.first_identifier(form.get("submissionID"), found.get("submissionID"))
    if key is None:
        # Jotform tries a new webhook with a form that was never submitted.
        return Ignored("ping") if not form.get("formID") else Unreadable("no_record_key", "/submissionID")
    draft = Draft(rules)
    for name, value in found.items():
        asked = _QUESTION.fullmatch(name)
        if name in _NOISE:
            continue
        if asked:
            _answer(draft, value, asked[2] or name, name, asked[1])
        elif isinstance(value, list):
            # Files stand under the bare name of their question.
            links = "\n".join(link for one in value if (link := reading.link(one)))
            draft.answer(Kind.TEXT, links, name)
        else:
            draft.hide(value, name)
    return (draft.finish(key, source_name=form.get("formTitle")),)


def _answer(draft: Draft, value: JsonValue, name: str, *others: str) -> None:
    """A question's value. A rule may name it `q7_why`, `why` or `7`."""
    names = (others[0], name, *others[1:])
    if isinstance(value, dict):
        parts = {part: text for part, one in value.items() if part not in _NOISE and (text := reading.text(one))}
        if {"first", "last"} & set(parts):
            draft.answer(
                Kind.TEXT, " ".join(parts[part] for part in ("first", "middle", "last") if part in parts), *names
            )
        elif {"year", "month", "day"} <= set(parts):
            draft.answer(Kind.DATE, f"{parts['year']}-{parts['month']:0>2}-{parts['day']:0>2}", *names)
        else:
            draft.untyped({**parts}, *names, free=False)
        return
    if reading.email(value):
        draft.email(value)
        draft.answer(Kind.TEXT, reading.text(value), *names)
        return
    draft.untyped(value, *names)


ADAPTER = Adapter("jotform", "jotform", delivery_key, parse)
