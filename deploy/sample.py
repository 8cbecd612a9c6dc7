"""An imaginary bookkeeping product and those who use it: what the demo workspace and `make demo` are filled with."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MODEL = {
    "name": "RICE by customers",
    "framework": "rice",
    "parameters": {"scale": "intercom", "reach": {"measure": "contacts", "per_ask": 25, "horizon": "quarter"}},
    "active": True,
}
"""For each person who asks, 25 are reached in a quarter."""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer company, as `POST /v1/accounts` takes it."""

    external_id: str
    name: str
    mrr: int
    """Cents a month."""
    plan: str


@dataclass(frozen=True, slots=True)
class Idea:
    """A candidate change, with what the team estimates of it and what customers say of it."""

    key: str
    title: str
    kind: str
    description: str
    impact: Sequence[float] = ()
    """One value of product, one of design."""
    confidence: float = 0
    """By product."""
    effort: Sequence[float] = ()
    """Person-months, by one engineer each."""
    reach: float | None = None
    """People a quarter, by product, where customers cannot know to ask."""
    quotes: Sequence[str] = ()

    @property
    def asked_for(self) -> bool:
        """Whether customers ask for it."""
        return bool(self.quotes)

    def estimates(self, idea_id: str) -> list[dict[str, Any]]:
        """The team's estimates, as `POST /v1/estimates/bulk` takes them."""
        given = [("impact", value, who, who) for value, who in zip(self.impact, ("product", "design"), strict=False)]
        if self.confidence:
            given.append(("confidence", self.confidence, "product", "product"))
        if self.reach is not None:
            given.append(("reach", self.reach, "product", "product"))
        given += [("effort", value, f"engineer-{n}", "engineering") for n, value in enumerate(self.effort, start=1)]
        return [
            {"idea_id": idea_id, "input": name, "value": value, "estimator": estimator, "discipline": discipline}
            for name, value, estimator, discipline in given
        ]


IDEAS = (
    Idea(
        "csv-export",
        "Export any list as CSV",
        "feature",
        "Customers copy tables out by hand when a month ends.",
        impact=(2, 2),
        confidence=0.8,
        effort=(2, 3),
        quotes=(
            "Closing a month takes us a day because nothing leaves the app.",
            "I retype the aged debtors list into a spreadsheet every Friday.",
            "Our auditor asks for a CSV and I send screenshots.",
            "The PDF export is useless to us, we need rows.",
            "Please let us download the ledger as a file.",
        ),
    ),
    Idea(
        "company-sign-in",
        "Sign in with your company account",
        "feature",
        "SAML and OpenID Connect, set up by the customer's own administrator.",
        impact=(3, 2),
        confidence=0.8,
        effort=(3, 3),
        quotes=(
            "Security will not renew unless we can use our own sign-in.",
            "Forty people, forty passwords, and I reset three a week.",
            "When somebody leaves us they can still get in here.",
            "We are switching everything to single sign-on this year.",
            "Two-factor by text message is not allowed here any more.",
        ),
    ),
    Idea(
        "approval-rules",
        "Approve invoices by amount",
        "feature",
        "Small ones pass by themselves, large ones need two people.",
        impact=(1, 2),
        confidence=0.8,
        effort=(2, 2),
        quotes=(
            "I approve fifty coffee receipts before I reach the one that matters.",
            "Anything above five thousand needs two of us, and we do that by mail.",
            "An invoice was paid twice because nobody had to look.",
        ),
    ),
    Idea(
        "booking-events",
        "Tell other systems when a booking changes",
        "enabler",
        "Webhooks that our own sync and everybody else's can be built on.",
        impact=(1, 1),
        confidence=0.5,
        effort=(1, 2),
        quotes=(
            "We poll your API every minute and you tell us off for it.",
            "Our warehouse is a day behind the books.",
        ),
    ),
    Idea(
        "report-queries",
        "Untangle the report engine's queries",
        "debt",
        "Every third incident of the last year began here.",
        impact=(0.5, 0.5),
        confidence=0.8,
        effort=(3, 4),
        reach=1_800,
    ),
    Idea(
        "file-storage-move",
        "Move receipts to the new file store",
        "migration",
        "The old one ends next spring.",
        impact=(0.25, 0.25),
        confidence=1,
        effort=(2, 2),
        reach=1_500,
    ),
    Idea("week-two", "Why do trials stop in week two?", "research", "Twelve interviews, then we know what to build."),
)
"""`week-two` has no estimates: it shows what a ranking says of an idea that cannot be scored."""

ACCOUNTS = (
    Account("harbour-clinics", "Harbour Clinics", 480_000, "enterprise"),
    Account("alder-logistics", "Alder Logistics", 315_000, "enterprise"),
    Account("tinsmith", "Tinsmith & Daughters", 42_000, "team"),
    Account("blue-door", "Blue Door Studio", 9_900, "starter"),
)

REMARKS = (
    "Support answered within the hour, thank you.",
    "The new dashboard is easier on the eyes.",
    "Why is the yearly plan billed in March?",
    "It logs me out while I am on the phone.",
    "Bank import worked at the first try.",
)
"""Feedback that speaks for no idea yet."""

FIRST_NAMES = ("Ada", "Bo", "Chidi", "Dana", "Emre", "Farah", "Gil", "Hana", "Ines", "Jon", "Kaya", "Leo")
LAST_NAMES = ("Okafor", "Lindqvist", "Marsh", "Petrov", "Quint", "Rao", "Silva", "Tanaka", "Umar", "Vogel", "Weiss")


def person(number: int, account: str) -> dict[str, str]:
    """Somebody at an account, the same for the same number: what the API takes as a contact."""
    first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number % len(LAST_NAMES)]
    return {
        "email": f"{first}.{last}.{number}@{account}.example".lower(),
        "name": f"{first} {last}",
        "account": account,
    }


def next_quarter() -> str:
    """The first day of the quarter after this one."""
    today = datetime.datetime.now(datetime.UTC).date()
    year, month = divmod(today.year * 12 + (today.month - 1) // 3 * 3 + 3, 12)
    return datetime.date(year, month + 1, 1).isoformat()
