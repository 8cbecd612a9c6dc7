"""A steady mix of everything that callers do, written down as they are told it."""

import asyncio
import itertools
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from tests.chaos.caller import Caller, GaveUp, Refused
from tests.chaos.ledger import Ledger
from tests.chaos.vendors import Delivery, Door

ACCOUNTS, CONTACTS, IDEAS = 30, 300, 60
MIXED_CALLERS = 24
BULK_ROWS = 50


class Load:
    """Callers at work on one workspace. What is told to one caller alone (a title, a revenue) has one writer only."""

    def __init__(self, caller: Caller, rate: float) -> None:
        """`rate` is how often a second something of the mix begins, while all goes well."""
        self.caller = caller
        self.ledger = Ledger()
        self._rate = rate
        self._numbers = itertools.count(1)
        self._stopping = asyncio.Event()
        self.ideas: list[str] = []

    async def furnish(self) -> None:
        """Make what the mix needs: accounts, contacts, ideas, an active model, estimates and doors for vendors."""
        tell, ledger = self.caller.tell, self.ledger
        ledger.accounts = {f"account-{number}": 1_000 * number for number in range(ACCOUNTS)}
        accounts = [{"external_id": name, "mrr": mrr} for name, mrr in ledger.accounts.items()]
        await tell("feedback", "POST", "/v1/accounts", json={"accounts": accounts})
        model = {"name": "RICE", "framework": "rice", "active": True}
        await tell("scoring", "POST", "/v1/models", json=model)
        for number in range(IDEAS):
            title = f"Idea {number}"
            idea = await tell("feedback", "POST", "/v1/ideas", json={"title": title})
            self.ideas.append(idea["id"])
            ledger.ideas[idea["id"]] = title
            for name in ("impact", "confidence", "effort"):
                await self._estimate(idea["id"], name)
        people = [(f"c{number}@example.com", f"account-{number % ACCOUNTS}") for number in range(CONTACTS)]
        await asyncio.gather(*(self._place(email, account) for email, account in people))
        doors = [
            await tell("feedback", "POST", "/v1/connections", json={"vendor": vendor, "name": vendor, "rules": rules})
            for vendor, rules in (("typeform", {"idea": "idea"}), ("delighted", {}))
        ]
        self._typeform, self._delighted = map(Door.of, doors)

    async def run(self) -> None:
        """Go on until told to stop; then every caller waits for the answer to what it has asked."""
        mixed = (self._state, self._state, self._deliver, self._vote, self._vote)
        writers: list[tuple[Callable[[], Awaitable[None]], float]] = [
            (self._bulk, 2.0),
            (_turns(self._revenue()), 0.25),
            (_turns(self._moves()), 0.4),
            (_turns(self._titles()), 0.15),
            (_turns(self._judgements()), 0.15),
            (_turns(self._plans()), 0.4),
        ]
        interval = MIXED_CALLERS / self._rate

        async def anything() -> None:
            await random.choice(mixed)()

        await asyncio.gather(
            *(self._repeat(anything, interval) for _ in range(MIXED_CALLERS)),
            *(self._repeat(act, seconds) for act, seconds in writers),
        )

    def stop(self, patience: float) -> None:
        """Begin nothing more; callers have `patience` seconds for what they have begun."""
        self.caller.deadline = time.monotonic() + patience
        self._stopping.set()

    async def _repeat(self, act: Callable[[], Awaitable[None]], interval: float) -> None:
        await asyncio.sleep(random.uniform(0, interval))
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                await act()
            except GaveUp:
                self.ledger.unanswered += 1
            except Refused as refusal:
                self.ledger.contradicted.append(str(refusal))
            await asyncio.sleep(max(0.0, began + interval - time.monotonic()))

    def _agree(self, known: dict[Any, str], what: Any, told: str) -> None:
        if known.setdefault(what, told) != told:
            self.ledger.contradicted.append(f"{what} is {known[what]} and {told}")

    def _anybody(self) -> str:
        """Someone known, or now and then someone new."""
        if random.random() < 0.8:
            return f"c{random.randrange(CONTACTS)}@example.com"
        return f"n{next(self._numbers)}@example.com"

    async def _state(self) -> None:
        number = next(self._numbers)
        external_id = f"ticket-{number}" if random.random() < 0.9 else None
        ideas = random.sample(self.ideas, 2) if random.random() < 0.3 else []
        body: dict[str, Any] = {
            "text": f"statement {number}",
            "source": "support",
            "contact": {"email": self._anybody()},
            "ideas": ideas,
        }
        if external_id is None:
            told = await self.caller.tell("feedback", "POST", "/v1/feedback", json=body)
            self.ledger.nameless[body["text"]] = told["id"]
            return
        body["external_id"] = external_id
        for _ in range(random.choice((1, 1, 1, 2))):
            # The second time with another Idempotency-Key: the external id is what says that it is the same.
            told = await self.caller.tell("feedback", "POST", "/v1/feedback", json=body)
            self._agree(self.ledger.statements, external_id, told["id"])
        self.ledger.links |= {(external_id, idea) for idea in ideas}

    async def _bulk(self) -> None:
        names = [f"row-{next(self._numbers)}" for _ in range(BULK_ROWS)]
        rows = [{"text": name, "source": "import", "external_id": name} for name in names]
        headers = {"Content-Type": "application/x-ndjson"}
        content = "\n".join(map(json.dumps, rows))
        told = await self.caller.tell("feedback", "POST", "/v1/feedback/bulk", content=content, headers=headers)
        for name, result in zip(names, told["results"], strict=True):
            self._agree(self.ledger.statements, name, result["id"])

    async def _deliver(self) -> None:
        token = f"r{next(self._numbers)}"
        words = f"words of {token}"
        if random.random() < 0.5:
            door = self._typeform
            sent = [door.typeform(token, random.choice(self.ideas), self._anybody(), words)]
        else:
            door, email, score = self._delighted, self._anybody(), random.randrange(11)
            sent = [door.delighted(token, email, score, comment) for comment in (None, words)]
            random.shuffle(sent)
        # Vendors send again what they believe unanswered, at the same time as something else or later.
        await asyncio.gather(*(self._send(each) for each in [*sent, *random.choices(sent, k=random.choice((0, 0, 1)))]))
        self.ledger.responses[f"{door.id}:{token}"] = words

    async def _send(self, delivery: Delivery) -> None:
        told = await self.caller.tell(
            "feedback", "POST", delivery.path, once=False, content=delivery.body, headers=delivery.headers
        )
        self._agree(self.ledger.deliveries, delivery.sha256, told["id"])

    async def _vote(self) -> None:
        luck = random.random()
        if luck < 0.35:
            await self._cast(self.ideas[0], f"h{next(self._numbers)}@example.com")
        elif luck < 0.95:
            await self._cast(random.choice(self.ideas), self._anybody())
        else:
            idea, email = random.choice(self.ideas), f"w{next(self._numbers)}@example.com"
            vote = await self._cast(idea, email)
            del self.ledger.votes[idea, email]
            await self.caller.tell("feedback", "DELETE", f"/v1/votes/{vote}")
            self.ledger.withdrawn.add(vote)

    async def _cast(self, idea: str, email: str) -> str:
        vote = {"idea_id": idea, "contact": {"email": email}, "on_behalf": random.random() < 0.2}
        told = await self.caller.tell("feedback", "POST", "/v1/votes", json=vote)
        self._agree(self.ledger.votes, (idea, email), told["id"])
        self.ledger.cast_at.setdefault((idea, email), time.monotonic())
        return told["id"]

    async def _place(self, email: str, account: str) -> None:
        # Unknown until it is told: the first try may have been stored.
        self.ledger.contacts.pop(email, None)
        await self.caller.tell("feedback", "POST", "/v1/contacts", json={"email": email, "account": account})
        self.ledger.contacts[email] = account

    async def _estimate(self, idea: str, name: str) -> None:
        value = random.choice((0.5, 0.8, 1.0)) if name == "confidence" else float(random.randint(1, 8))
        self.ledger.estimates.pop((idea, name), None)
        body = {"idea_id": idea, "input": name, "value": value, "estimator": "e1"}
        told = await self.caller.tell("scoring", "POST", "/v1/estimates", json=body)
        self.ledger.estimates[idea, name] = (told["id"], value)
        self.ledger.estimated.append(told["id"])

    def _revenue(self) -> Iterator[Awaitable[None]]:
        for number in itertools.count(1):
            yield self._earn(f"account-{number % ACCOUNTS}", number)

    async def _earn(self, account: str, mrr: int) -> None:
        self.ledger.accounts.pop(account, None)
        accounts = [{"external_id": account, "mrr": mrr}]
        await self.caller.tell("feedback", "POST", "/v1/accounts", json={"accounts": accounts})
        self.ledger.accounts[account] = mrr

    def _moves(self) -> Iterator[Awaitable[None]]:
        while True:
            yield self._place(f"c{random.randrange(CONTACTS)}@example.com", f"account-{random.randrange(ACCOUNTS)}")

    def _titles(self) -> Iterator[Awaitable[None]]:
        for number in itertools.count(1):
            yield self._rename(random.choice(self.ideas), f"Title {number}")

    async def _rename(self, idea: str, title: str) -> None:
        self.ledger.ideas.pop(idea, None)
        await self.caller.tell("feedback", "PATCH", f"/v1/ideas/{idea}", json={"title": title})
        self.ledger.ideas[idea] = title

    def _judgements(self) -> Iterator[Awaitable[None]]:
        while True:
            yield self._estimate(random.choice(self.ideas), random.choice(("impact", "confidence", "effort")))

    def _plans(self) -> Iterator[Awaitable[None]]:
        """One idea after the other becomes an item, which is moved along until it ships."""
        for idea in self.ideas:
            item: dict[str, Any] = {}
            yield self._plan(item, idea)
            for status in ("in_progress", "shipped"):
                if item:
                    yield self._move(item, idea, status)
        while True:
            yield asyncio.sleep(0)

    async def _plan(self, item: dict[str, Any], idea: str) -> None:
        item |= await self.caller.tell("roadmap", "POST", "/v1/items", json={"idea_ids": [idea], "title": "Item"})
        self.ledger.items[item["id"]] = "planned"

    async def _move(self, item: dict[str, Any], idea: str, status: str) -> None:
        asked_at = time.monotonic()
        self.ledger.items.pop(item["id"], None)
        await self.caller.tell("roadmap", "POST", f"/v1/items/{item['id']}/status", json={"status": status})
        self.ledger.items[item["id"]] = status
        if status == "shipped":
            self.ledger.shipped[item["id"]] = (idea, asked_at)


def _turns(acts: Iterator[Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Each call does the next thing."""

    async def act() -> None:
        await next(acts)

    return act
