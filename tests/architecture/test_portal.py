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


def statements() -> dict[str, str]:
    return {name: text for name, text in vars(store).items() if name.isupper() and not name.startswith("_")}


def test_every_statement_of_the_portal_goes_through_its_filter() -> None:
    filtered = vars(store)["_VISIBLE"]
    for name, text in statements().items():
        head, found, rest = text.partition(filtered)
        assert found, f"{name} goes past the filter"
        assert head.strip() == "with", name
        assert set(READS.findall(rest)) <= set(re.findall(r"(visible_\w+) as", filtered)), f"{name}: {rest}"
        assert READS.findall(rest), f"{name} reads nothing"
    assert len(statements()) >= 6


def test_a_statement_past_the_filter_would_be_seen() -> None:
    rest = "select text from visible_comments v join comments c on c.id = v.id"
    assert READS.findall(rest) == ["visible_comments", "comments"]


def test_what_outsiders_may_call_is_the_portal_s() -> None:
    outside = [
        (route.path, route.endpoint.__module__)
        for router in SERVICE.routers
        for route in router.routes
        if isinstance(route, APIRoute) and _scopes(route) <= PUBLISHABLE and route.path not in WITHOUT_A_KEY
    ]
    assert len(outside) >= 9
    assert [each for each in outside if each[1] != "services.feedback.portal.api"] == []


def test_the_portal_reads_through_its_own_statements_only() -> None:
    """Whatever else it asks of its neighbours is asked of those that decide, not of those that read out."""
    allowed = (
        "services.feedback.portal.",
        "services.feedback.boards.domain",
        "services.feedback.comments.domain",
        "services.feedback.customers.domain",
        "services.feedback.texts.redaction.",
        "services.feedback.trust.levels.",
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
