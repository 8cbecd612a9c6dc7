"""Demand policies over HTTP: how accounts are weighed, how ideas rank then, and one idea account by account."""

import math
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.scoring.facts import domain as facts
from services.scoring.frameworks.demand_policies import Kind
from services.scoring.frameworks.demand_policies import State as WeightState
from services.scoring.policies import breakdown, domain, store
from services.scoring.policies.breakdown import AccountPart, Breakdown, StrangersPart
from services.scoring.policies.parameters import PolicyParameters
from services.scoring.scores.domain import weighed_as
from services.scoring.scores.inputs import Weighed
from shared.apart import compute_apart
from shared.errors import Moved, NotFound, TooMany
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.paging import LAST, Cursor, Limit, Page, after, decode, encode, page, whole
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, RuntimeDep, TxDep, allow, etag
from shared.wire import INT8, Line, Wire

router = APIRouter(prefix="/v1/demand-policies", tags=["demand-policies"], route_class=Route)


class DemandPolicyIn(Wire):
    """How the accounts that ask for ideas are to be weighed."""

    name: Line = Field(examples=["By revenue, no whale"])
    parameters: PolicyParameters


class DemandPolicyEdit(Wire):
    """What to change of a policy; fields left out stay. `parameters` replaces all of them."""

    name: Line | None = Field(default=None, examples=["By revenue"])
    parameters: PolicyParameters | None = None


class DemandPolicy(Wire):
    """How the accounts that ask for ideas are weighed."""

    id: UUID
    name: str
    parameters: PolicyParameters
    revision: int = Field(description="rises when the parameters change; a weight names it")
    weighing: bool = Field(description="true while a change has not reached every idea yet")
    rescoring_id: UUID | None = Field(
        description="how far the change is: `GET /v1/rescorings/{rescoring_id}`; null: it has reached every idea"
    )
    as_of_month: str | None = Field(description="with a half-life: the month, UTC, that ages are counted to")
    version: int = Field(description="rises with each edit")
    created_at: datetime


class PolicyRevision(Wire):
    """The parameters of a policy as they were from some time on."""

    revision: int
    parameters: PolicyParameters
    created_at: datetime


class WeighedIdea(Wire):
    """An idea under a policy."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    accounts: int = Field(description="accounts that ask")
    contacts: int = Field(description="contacts that ask")
    weighed: Weighed
    computed_at: datetime


class DemandByAccount(Wire):
    """One idea under a policy, account by account.

    The weights of `accounts` and `without_account`, and that of `others`, add up to `weight` exactly, in any order.
    """

    idea_id: UUID
    policy_id: UUID
    name: str
    kind: Kind
    revision: int
    as_of_month: str | None
    state: WeightState
    weight: float | None = Field(description="null where the idea is not weighed")
    kept: float | None = Field(
        description="what rankings and scores go by; another only while a change of the last seconds is on its way"
    )
    cut: float = Field(description="what the cap took off all accounts")
    accounts: list[AccountPart] = Field(description="those that count most first; those that cannot be weighed last")
    without_account: list[StrangersPart] = Field(
        description="contacts without an account, by the month they asked last"
    )
    others: float = Field(description="what the accounts count that are on other pages")
    unknown_accounts: int = Field(description="accounts, on all pages, that cannot be weighed")
    next_cursor: str | None = None


def _policy(row: asyncpg.Record) -> DemandPolicy:
    fields: dict[str, Any] = {name: value for name, value in row.items() if name not in {"month", "parameters"}}
    return DemandPolicy(
        parameters=PolicyParameters.model_validate_json(row["parameters"]),
        as_of_month=breakdown.month_of(row["month"]),
        weighing=row["rescoring_id"] is not None,
        **fields,
    )


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_demand_policy(body: DemandPolicyIn, caller: CallerDep, tx: TxDep, response: Response) -> DemandPolicy:
    """Add a policy, ten at most. Every idea is weighed by it by a job (`rescoring_id`), and from then on.

    A model uses it where a rule for demand, such as `reach` of RICE, names it as its `policy_id`.
    """
    row = await domain.create(tx, caller.workspace_id, body.name, body.parameters)
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/demand-policies/{row['id']}"})
    return _policy(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_demand_policies(
    caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[DemandPolicy]:
    """List the workspace's demand policies, the oldest first."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor), limit + 1)
    return page(rows, limit, _policy, lambda policy: (policy.id,))


@router.get("/{policy_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_demand_policy(policy_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> DemandPolicy:
    """Show one policy."""
    row = await domain.get(read, caller.workspace_id, policy_id)
    response.headers.update(etag(row["version"]))
    return _policy(row)


@router.patch("/{policy_id}", responses=EDITING, dependencies=[allow("scores:write")])
async def update_demand_policy(
    policy_id: UUID, body: DemandPolicyEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> DemandPolicy:
    """Edit a policy. New parameters weigh every idea anew, and the scores that rest on it move, with cause `policy`.

    A job does it (`rescoring_id`), in place of one that is not done.
    """
    row = await domain.update(tx, caller.workspace_id, policy_id, expected, name=body.name, parameters=body.parameters)
    response.headers.update(etag(row["version"]))
    return _policy(row)


@router.delete(
    "/{policy_id}", status_code=204, responses=EDITING | responses(NotFound), dependencies=[allow("scores:write")]
)
async def delete_demand_policy(policy_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Take a policy away with what ideas weigh by it. A policy that a model names stays (409)."""
    await domain.delete(tx, caller.workspace_id, policy_id)


@router.get("/{policy_id}/revisions", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def list_demand_policy_revisions(
    policy_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[PolicyRevision]:
    """List the parameters that a policy has had, the newest first. Scores and runs name them by `revision`."""
    await domain.get(read, caller.workspace_id, policy_id)
    before = INT8 if cursor is None else decode(cursor, whole())[0]
    rows = await read.all(store.REVISIONS, caller.workspace_id, policy_id, before, limit + 1)
    return page(rows, limit, _as_revision, lambda each: (each.revision,))


def _as_revision(row: asyncpg.Record) -> PolicyRevision:
    return PolicyRevision(
        revision=row["revision"],
        parameters=PolicyParameters.model_validate_json(row["parameters"]),
        created_at=row["created_at"],
    )


@router.get("/{policy_id}/ideas", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def rank_by_demand(
    policy_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    state: Annotated[
        Literal["weighed", "not_weighed"],
        Query(description="`not_weighed` lists those without a weight, newest first, with who cannot be weighed"),
    ] = "weighed",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[WeighedIdea]:
    """Rank ideas by what they weigh under a policy, the heaviest first. Archived and merged ones are left out."""
    await domain.get(read, caller.workspace_id, policy_id)
    if state == "weighed":
        value, idea_id = (math.inf, LAST) if cursor is None else decode(cursor, float, UUID)
        rows = await read.all(store.RANKED, caller.workspace_id, policy_id, value, idea_id, limit + 1)
        return page(rows, limit, _weighed, lambda each: (each.weighed.weight, each.idea_id))
    rows = await read.all(store.NOT_WEIGHED, caller.workspace_id, policy_id, after(cursor, LAST), limit + 1)
    return page(rows, limit, _weighed, lambda each: (each.idea_id,))


def _weighed(row: asyncpg.Record) -> WeighedIdea:
    return WeighedIdea(
        idea_id=row["idea_id"],
        title=row["title"],
        kind=row["kind"],
        status=row["status"],
        accounts=row["accounts"],
        contacts=row["contacts"],
        weighed=weighed_as(row),
        computed_at=row["computed_at"],
    )


@router.get(
    "/{policy_id}/ideas/{idea_id}",
    responses=GUARDED | responses(Moved, NotFound, TooMany),
    dependencies=[allow("scores:read")],
)
async def explain_demand(
    policy_id: UUID,
    idea_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    runtime: RuntimeDep,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DemandByAccount:
    """Say what an idea weighs under a policy, account by account: what each counts and lost to the cap."""
    policy = await domain.get(read, caller.workspace_id, policy_id)
    await facts.title_of(read, caller.workspace_id, idea_id, f"/v1/demand-policies/{policy_id}/ideas/{{}}")
    rows = await read.all(store.SHARES, caller.workspace_id, [idea_id])
    if not rows:
        raise NotFound("Nobody is known to ask for an idea by that id.")
    kept = await read.value(store.KEPT, caller.workspace_id, policy_id, idea_id)
    parameters = PolicyParameters.model_validate_json(policy["parameters"])
    last = None if cursor is None else decode(cursor, float, UUID)
    found: Breakdown = await compute_apart(
        runtime, lambda: breakdown.by_account(rows, parameters, policy["month"], last, limit)
    )
    return DemandByAccount(
        idea_id=idea_id,
        policy_id=policy_id,
        name=policy["name"],
        kind=parameters.kind,
        revision=policy["revision"],
        as_of_month=breakdown.month_of(policy["month"]),
        state=found.state,
        weight=found.weight,
        kept=kept,
        cut=found.cut,
        accounts=found.accounts,
        without_account=found.strangers,
        others=found.others,
        unknown_accounts=found.unknown,
        next_cursor=encode(*found.last) if found.last is not None else None,
    )
