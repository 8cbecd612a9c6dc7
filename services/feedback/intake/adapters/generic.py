"""JSON of any shape (Microsoft Forms through Power Automate, Zapier, a script), read by the saved `rules.fields`.

Without `fields` the usual names are tried at the top of the body, or in its `data`:

    {"id": "r-1", "text": "Exports are slow", "email": "jo@example.com", "name": "Jo", "account": "acme",
     "submitted_at": "2026-05-01T10:00:00Z", "answers": {"How likely are you to recommend us?": "9"}}

Every other scalar counts as a hidden field under its dotted path (`customer.plan`), within reach of the rules.
"""

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.draft import Draft
from services.feedback.intake.adapters.normalized import (
    DELIVERY,
    ROW_LIMIT,
    Adapter,
    Headers,
    Ignored,
    JsonValue,
    Outcome,
    Response,
    Rules,
    Unreadable,
)

LEAF_LIMIT = 500
"""Scalars of one response that are looked at."""
_USUAL: dict[str, tuple[str, ...]] = {
    "record": (
        "id", "response_id", "responseId", "response id", "submission_id", "submissionId", "record_id", "uuid",
        "ticket_id", "ticket.id", "detail.id",
    ),
    "text": ("text", "feedback", "comment", "comments", "message", "description", "body", "content", "verbatim"),
    "email": (
        "email", "e-mail", "mail", "person.email", "user.email", "contact.email", "customer.email", "requester_email",
        "requester.email", "responder", "respondent_email",
    ),
    "name": ("name", "full_name", "person.name", "user.name", "contact.name", "customer.name", "requester_name"),
    "contact": ("user_id", "userId", "contact_id", "customer_id", "external_id", "person.id", "user.id"),
    "account": ("account", "account_id", "company", "company_id", "organization", "organization_id", "person.account"),
    "submitted_at": (
        "submitted_at", "submittedAt", "submitDate", "submission_time", "created_at", "createdAt", "timestamp", "time",
    ),
    "updated_at": ("updated_at", "updatedAt", "modified_at", "last_modified"),
    "title": ("source_name", "form", "form_name", "form_title", "survey", "survey_name", "subject", "title"),
    "url": ("source_url", "url", "link", "ticket_url"),
    "language": ("language", "locale"),
}  # fmt: skip


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`webhook-id` or `idempotency-key`, where the sender gives one."""
    return reading.first_identifier(headers.get("webhook-id"), headers.get("idempotency-key"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """Every response in the body; upserted by its own id, or else alone under the delivery."""
    fields = rules.fields
    if fields is not None and fields.rows is not None:
        rows = reading.at(body, fields.rows)
        if not isinstance(rows, list):
            return Unreadable("missing", fields.rows)
    elif isinstance(body, list):
        rows = body
    else:
        inner = reading.obj(body).get("data")
        rows = [inner if fields is None and isinstance(inner, dict) else body]
    if len(rows) > ROW_LIMIT:
        return Unreadable("too_many_rows")
    found: list[Response] = []
    for position, row in enumerate(rows):
        response = read(row, rules, _alone(headers, position if len(rows) > 1 else None))
        if isinstance(response, Unreadable):
            return response
        found.append(response)
    return tuple(found) or Ignored("ping")


def _alone(headers: Headers, position: int | None) -> str | None:
    """The identity of a response without one: where it came in, and that it was the only one or which one."""
    key = reading.identifier(headers.get(DELIVERY))
    return reading.bounded(f"{key}/{position}") if key and position is not None else key


def read(
    row: JsonValue, rules: Rules, alone: str | None, *, html: bool = False, prefix: str = ""
) -> Response | Unreadable:
    """One response of any shape.

    `alone`: its identity when it has none of its own. `html`: its words are HTML. `prefix`: goes in front of its own
    id, where ids of several kinds come in by one connection.
    """
    fields = rules.fields
    leaves = reading.leaves(row, LEAF_LIMIT)
    by_name: dict[str, tuple[str, JsonValue]] = {}
    for path, value in leaves:
        by_name.setdefault(path.lower(), (path, value))
    taken: set[str] = set()

    def part(name: str) -> JsonValue:
        if fields is not None:
            pointer = getattr(fields, name)
            if pointer is None:
                return None
            taken.add(_dotted(pointer))
            return reading.at(row, pointer)
        for usual in _USUAL[name]:
            path, value = by_name.get(usual.lower(), ("", None))
            if value not in (None, "") and path not in taken:
                taken.add(path)
                return value
        return None

    own = reading.identifier(part("record"))
    key = reading.bounded(prefix + own) if own else alone
    if key is None:
        return Unreadable("no_record_key", fields.record if fields and fields.record else "")
    draft = Draft(rules)
    say = reading.prose if html else reading.text
    if fields is None:
        draft.words(say(part("text")))
    else:
        for pointer in fields.text:
            taken.add(_dotted(pointer))
            draft.words(say(reading.at(row, pointer)))
    email, name, contact, account = part("email"), part("name"), part("contact"), part("account")
    draft.email(email)
    submitted, updated = part("submitted_at"), part("updated_at")
    title, url, language = part("title"), part("url"), part("language")
    place = fields.answers if fields is not None else "/answers"
    answers = reading.at(row, place)
    _answers(draft, answers)
    within = _dotted(place) + "." if isinstance(answers, dict | list) and place is not None else None
    for path, value in leaves:
        if path in taken or (within and path.startswith(within)):
            continue
        draft.hide(value, path, "/" + path.replace(".", "/"), path.rpartition(".")[2])
    # The title of a ticket is the customer's too, and may be all that they wrote.
    if draft.silent and fields is None:
        draft.words(say(title))
    if draft.silent and not draft.ideas:
        return Unreadable("nothing_to_read")
    submitted_at, changed_at = draft.time(submitted), draft.time(updated)
    return draft.finish(
        key,
        submitted_at=submitted_at or changed_at,
        changed_at=changed_at or submitted_at,
        source_name=title,
        source_url=url,
        language=language,
        external_id=contact,
        account_external_id=account,
        name=name,
    )


def _dotted(pointer: str) -> str:
    return ".".join(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _answers(draft: Draft, answers: JsonValue) -> None:
    """Answers by question, or a list of them."""
    for question, value in reading.obj(answers).items():
        draft.untyped(value, question)
    for entry in map(reading.obj, reading.items(answers)):
        asked = entry.get("question")
        label = asked if isinstance(asked, str) else entry.get("label") or entry.get("title")
        names = (entry.get("key"), entry.get("id"), entry.get("question_id"), entry.get("questionId"), label)
        value = next((entry[name] for name in ("value", "answer", "response") if entry.get(name) is not None), None)
        draft.untyped(value, *names, label=label)


ADAPTER = Adapter("generic", "generic", delivery_key, parse)
