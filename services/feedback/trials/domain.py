"""A mapping tried on a payload: read as a delivery would be."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic_core import from_json

from services.feedback.intake.adapters.normalized import Outcome, Rules
from services.feedback.intake.readings import understand
from services.feedback.trials import store
from shared.database import Read
from shared.errors import FieldError, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: a stored delivery, or else what a vendor would send."""

    delivery_id: UUID | None
    headers: Mapping[str, str]
    body: bytes | None
    fetched: bytes | None
    """What the vendor would answer where it only names responses; of a stored delivery, in place of what it did."""
    rules: Rules | None
    """None: the connection's own."""


async def attempt(read: Read, workspace_id: UUID, connection_id: UUID, trial: Trial) -> Outcome:
    """What it would become. NotFound of the connection; Invalid of nothing, or a delivery that is not of it."""
    row = await read.one(store.RULES, workspace_id, connection_id)
    if row is None:
        raise NotFound("No connection by that id.")
    rules = trial.rules or Rules.from_json(from_json(row["rules"]))
    if trial.delivery_id is None:
        if trial.body is None:
            raise Invalid(errors=[FieldError("/body/payload", "give it, or body, or delivery_id")])
        return understand(row["vendor"], trial.headers, trial.body, trial.fetched, rules, "test")
    kept = await read.one(store.GET_PAYLOAD, workspace_id, trial.delivery_id, connection_id)
    if kept is None:
        raise Invalid(errors=[FieldError("/body/delivery_id", "no delivery of this connection by that id")])
    fetched = trial.fetched or kept["payload"]
    return understand(row["vendor"], from_json(kept["headers"]), kept["body"], fetched, rules, kept["delivery_key"])
