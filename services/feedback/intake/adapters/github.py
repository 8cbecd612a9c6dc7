"""GitHub: issues, discussions and the comments on both, as JSON or as a form with `payload`."""

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

_WRITTEN = frozenset(("opened", "edited", "created", "reopened", "labeled", "unlabeled", "transferred"))
_EVENTS = {
    "issues": ("issue", None),
    "issue_comment": ("issue", "comment"),
    "discussion": ("discussion", None),
    "discussion_comment": ("discussion", "comment"),
}


def delivery_key(headers: Headers, body: JsonValue) -> str | None:
    """`X-GitHub-Delivery`: the same when it is delivered again by hand."""
    return reading.identifier(headers.get("x-github-delivery"))


def parse(headers: Headers, body: JsonValue, rules: Rules) -> Outcome:
    """One issue, discussion or comment; upserted by its id, ordered by `updated_at`."""
    told = reading.obj(body)
    if isinstance(told.get("payload"), str):
        found = reading.decode(str(told["payload"]).encode("utf-8", "surrogatepass"))
        if isinstance(found, Unreadable):
            return Unreadable("not_json", "/payload")
        told = reading.obj(found)
    name = headers.get("x-github-event") or _guess(told)
    if name == "ping" or (name is None and told.get("zen") is not None):
        return Ignored("ping")
    if name is None:
        return Unreadable("unknown_shape")
    action = reading.identifier(told.get("action"))
    if name not in _EVENTS or (action is not None and action not in _WRITTEN):
        return Ignored(
            "unknown_event_type", reading.bounded(f"{reading.clean(name)}.{action}" if action else reading.clean(name))
        )
    subject, comment = _EVENTS[name]
    thread = reading.obj(told.get(subject))
    said = reading.obj(told.get(comment)) if comment else thread
    key = reading.identifier(said.get("id"))
    if key is None:
        return Unreadable("no_record_key", f"/{comment or subject}/id")
    if thread.get("pull_request") is not None:
        return Ignored("unknown_event_type", "pull_request")
    user = reading.obj(said.get("user"))
    if user.get("type") == "Bot":
        return Ignored("not_from_a_customer")
    draft = Draft(rules)
    if comment is None:
        draft.words(reading.text(said.get("title")))
    draft.words(reading.text(said.get("body")))
    if draft.silent:
        return Unreadable("nothing_to_read", f"/{comment or subject}")
    labels = [reading.obj(one).get("name") for one in reading.items(thread.get("labels"))]
    draft.hide(labels, "labels")
    draft.hide(reading.obj(told.get("repository")).get("full_name"), "repository")
    draft.hide(thread.get("number"), "number")
    draft.hide(thread.get("state"), "state")
    draft.hide(reading.obj(thread.get("category")).get("name"), "category")
    created, updated = draft.time(said.get("created_at")), draft.time(said.get("updated_at"))
    return (
        draft.finish(
            reading.bounded(f"{name}:{key}"),
            submitted_at=created or updated,
            changed_at=updated or created,
            source_name=thread.get("title"),
            source_url=said.get("html_url"),
            name=user.get("login"),
            respondent_id=user.get("id"),
        ),
    )


def _guess(told: dict[str, JsonValue]) -> str | None:
    """The event by what the body holds, for what comes without its header."""
    for subject in ("issue", "discussion"):
        if isinstance(told.get(subject), dict):
            return (
                f"{subject}_comment"
                if isinstance(told.get("comment"), dict)
                else f"{subject}s".replace("discussions", "discussion")
            )
    return None


ADAPTER = Adapter("github", "github", delivery_key, parse)
