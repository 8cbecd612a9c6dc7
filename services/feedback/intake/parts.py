"""Responses that arrive one answer at a time: what a delivery adds is united with what is known of its record.

Such a record is written whole each time, like any other; only here is it put together.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json

from services.feedback.inbox.domain import Statement
from services.feedback.intake.adapters.draft import TEXT_LIMIT

_Identity = tuple[UUID, str, str | None]


def united(
    held: Mapping[_Identity, Mapping[str, Any]], statements: Sequence[Statement], parts: Sequence[int]
) -> list[Statement]:
    """The statements, those at the positions `parts` united with each other and with what is stored of their records.

    `held`: what is stored under the identities of the parts, and nobody else's until the end of the transaction: two
    answers of one response, read by two workers at once, must not each miss the other.
    """
    whole: dict[_Identity, Statement] = {}
    for position in parts:
        part = statements[position]
        known = whole.get(part.identity) or _stored(held.get(part.identity), part)
        whole[part.identity] = _with(known, part) if known else _worded(part)
    among = set(parts)
    return [*(each for position, each in enumerate(statements) if position not in among), *whole.values()]


def _stored(row: Mapping[str, Any] | None, part: Statement) -> Statement | None:
    if row is None:
        return None
    return part._replace(
        text=row["text"],
        answers=row["answers"],
        attributes=row["attributes"],
        revised_at=row["revised_at"],
        said_at=row["said_at"],
        person=None,
        ideas=(),
    )


def _with(known: Statement, part: Statement) -> Statement:
    """What is known, and what the part adds: its answers replace those to the same questions."""
    answers: dict[str, Mapping[str, Any]] = {}
    for answer in [*from_json(known.answers), *from_json(part.answers)]:
        answers[answer["key"]] = answer
    times = [each for each in (known.revised_at, part.revised_at) if each is not None]
    return part._replace(
        text=_text(list(answers.values())),
        answers=to_json(list(answers.values())).decode(),
        attributes=to_json({**from_json(known.attributes), **from_json(part.attributes)}).decode(),
        said_at=min(known.said_at, part.said_at),
        # Parts come in any order, and none of them is out of date.
        revised_at=max(times) if times else None,
        person=part.person or known.person,
        ideas=tuple(dict.fromkeys((*known.ideas, *part.ideas))),
    )


def _worded(part: Statement) -> Statement:
    return part._replace(text=_text(from_json(part.answers)))


def _text(answers: Sequence[Mapping[str, Any]]) -> str:
    """The words in the answers, in the order in which they came first."""
    return "\n\n".join(str(answer["value"]).strip() for answer in answers if answer["kind"] == "text")[:TEXT_LIMIT]
