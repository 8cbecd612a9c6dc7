"""Why somebody outside sees a record on a board or does not, in one word each: the rules of the portal, said aloud."""

from typing import Literal, NamedTuple

Reason = Literal[
    "scope",
    "no_scope",
    "feedback_is_internal",
    "on_no_board",
    "board_archived",
    "not_a_member",
    "idea_archived",
    "not_yours_on_a_one_way_board",
    "comment_is_internal",
    "comment_waits",
    "comment_refused",
    "comment_on_another_board",
    "answers_what_is_hidden",
    "submission_of_another",
    "submission_refused",
    "board_is_public",
    "member",
    "yours",
    "everybody_may_bring_ideas",
]

DETAILS: dict[Reason, str] = {
    "scope": "The key has the scope that reads it.",
    "no_scope": "The key has neither the scope that reads it nor `boards:read`.",
    "feedback_is_internal": "Feedback is never shown outside.",
    "on_no_board": "It stands on no board.",
    "board_archived": "The board is archived.",
    "not_a_member": "The board is private, and neither the contact nor its account or segments are members.",
    "idea_archived": "The idea is archived.",
    "not_yours_on_a_one_way_board": "On a one-way board everybody sees what they brought themselves.",
    "comment_is_internal": "The comment is internal: it never leaves the team.",
    "comment_waits": "The comment waits for a moderator; only its author sees it.",
    "comment_refused": "A moderator, or a lack of trust, has refused the comment.",
    "comment_on_another_board": "The comment is shown on another board only.",
    "answers_what_is_hidden": "It answers a comment that is not shown.",
    "submission_of_another": "What is brought to a board is seen by whom brought it, until it is an idea.",
    "submission_refused": "A moderator, or a lack of trust, has refused it.",
    "board_is_public": "The board is public.",
    "member": "The contact, its account or one of its segments is a member of the board.",
    "yours": "The contact brought it.",
    "everybody_may_bring_ideas": "The board is one-way: everybody may know of it and bring ideas.",
}


class Place(NamedTuple):
    """A board, the record's idea on it, and what ties somebody to them."""

    visibility: str
    archived: bool
    member: bool
    idea_archived: bool = False
    own: bool = False
    has_idea: bool = False


class Said(NamedTuple):
    """A comment, on such a board."""

    visibility: str
    state: str
    deleted: bool
    own: bool
    answers_hidden: bool
    elsewhere: bool
    """Whether it is for another board."""


class Brought(NamedTuple):
    """Something that was brought to such a board, as its bringer worded it."""

    state: str
    own: bool


def weigh(place: Place, record: Said | Brought | None) -> tuple[bool, Reason]:
    """Whether it is seen there, and the reason that decides."""
    hindered = _hindered(place)
    match record:
        case Said():
            hindered = hindered or _unsaid(record)
        case Brought():
            hindered = hindered or _unbrought(record)
        case None:
            pass
    if hindered:
        return False, hindered
    if isinstance(record, Brought):
        return True, "yours"
    if place.visibility == "one_way":
        return True, "yours" if place.has_idea else "everybody_may_bring_ideas"
    return True, "board_is_public" if place.visibility == "public" else "member"


def _hindered(place: Place) -> Reason | None:
    if place.archived:
        return "board_archived"
    if place.visibility == "private" and not place.member:
        return "not_a_member"
    if place.has_idea and place.idea_archived:
        return "idea_archived"
    if place.has_idea and place.visibility == "one_way" and not place.own:
        return "not_yours_on_a_one_way_board"
    return None


def _unsaid(said: Said) -> Reason | None:
    if said.visibility != "public":
        return "comment_is_internal"
    if said.elsewhere:
        return "comment_on_another_board"
    if said.state in {"rejected", "spam"}:
        return "comment_refused"
    if said.state == "pending" and (said.deleted or not said.own):
        return "comment_waits"
    return "answers_what_is_hidden" if said.answers_hidden else None


def _unbrought(brought: Brought) -> Reason | None:
    if not brought.own:
        return "submission_of_another"
    return None if brought.state in {"pending", "shown"} else "submission_refused"
