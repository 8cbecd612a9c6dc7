"""What outsiders read can only come through the portal's one filter: there is no other statement for it to forget."""

import re

from fastapi.routing import APIRoute

from services.feedback.app import SERVICE
from services.feedback.portal import store
from shared.routes import _scopes
from tests.architecture.source import sources

# What a key that stands in a page may hold. Routes that ask for no more are for outsiders.
PUBLISHABLE = {"boards:read", "boards:submit"}
WITHOUT_A_KEY = {"/v1/hooks/{token}"}
READS = re.compile(r"\b(?:from|join)\s+(\w+)")
MADE = re.compile(r"\b(\w+) as (?:(?:not )?materialized )?\(")
# Words of ideas are looked up to leave ideas out: of a condition on what is seen, only whether it holds gets through.
NARROWS = re.compile(r"and exists \(select from idea_terms t where t\.workspace_id = \$1 and t\.idea_id = i\.id and ")


def statements() -> dict[str, str]:
    constants = {name: value for name, value in vars(store).items() if name.isupper() and not name.startswith("_")}
    found = {name: text for name, text in constants.items() if isinstance(text, str)}
    lists = {**store.LISTS, **store.WALKS}
    return found | {f"LISTS{key}": text for key, text in lists.items()}


def reads(rest: str) -> set[str]:
    """What a statement reads besides what it has made itself of what it reads."""
    return set(READS.findall(NARROWS.sub("and (", rest))) - set(MADE.findall(rest))


def test_every_statement_of_the_portal_goes_through_its_filter() -> None:
    filtered = vars(store)["_VISIBLE"]
    for name, text in statements().items():
        head, found, rest = text.partition(filtered)
        assert found, f"{name} goes past the filter"
        assert head.strip() == "with", name
        assert reads(rest) <= set(re.findall(r"(visible_\w+) as", filtered)), f"{name}: {rest}"
        assert reads(rest), f"{name} reads nothing"
        # These say in which order ideas stand, whoever may see them.
        assert not reads(rest) & {
            "visible_order",
            "visible_trend",
            "visible_terms",
            "visible_places",
        } or "visible_ideas" in reads(rest), name
    assert len(statements()) >= 30


def test_a_statement_past_the_filter_would_be_seen() -> None:
    rest = "select text from visible_comments v join comments c on c.id = v.id"
    assert reads(rest) == {"visible_comments", "comments"}
    for wrong in (
        "found as (select id from idea_terms) select id from found",
        "select 1 from visible_ideas i where exists (select from idea_terms t where t.term = $5)",
    ):
        assert "idea_terms" in reads(wrong)


def test_what_outsiders_may_call_is_the_portal_s() -> None:
    outside = [
        (route.path, route.endpoint.__module__)
        for router in SERVICE.routers
        for route in router.routes
        if isinstance(route, APIRoute) and _scopes(route) <= PUBLISHABLE and route.path not in WITHOUT_A_KEY
    ]
    assert len(outside) >= 15
    assert [each for each in outside if not each[1].startswith("services.feedback.portal.api.")] == []


def test_the_portal_reads_through_its_own_statements_only() -> None:
    """Whatever else it asks of its neighbours is asked of those that decide, not of those that read out."""
    allowed = (
        "services.feedback.portal.",
        "services.feedback.boards.domain",
        "services.feedback.comments.domain",
        "services.feedback.customers.domain",
        "services.feedback.followers.domain",
        "services.feedback.ideas.domain",
        "services.feedback.ideas.finding.",
        "services.feedback.ideas.orders",
        "services.feedback.products.domain",
        "services.feedback.similar.domain",
        "services.feedback.texts.redaction.",
        "services.feedback.texts.remembered.",
        "services.feedback.trust.domain",
        "services.feedback.trust.levels.",
        "services.feedback.votes.domain",
        # The shapes of what is sent.
        "services.feedback.boards.api.Introduction",
        "services.feedback.comments.api.Words",
        "services.feedback.customers.api.ContactRef",
    )
    wrong = [
        f"{source.path}: {name}"
        for source in sources("services/feedback/portal")
        for name in source.imports()
        if name.startswith("services.") and not name.startswith(allowed)
    ]
    assert wrong == []
