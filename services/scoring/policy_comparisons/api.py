"""Several demand policies over the same ideas: who wins under which, and which ideas hang on the choice."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import asyncpg
import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from services.scoring.candidates.domain import MOST
from services.scoring.comparisons.agreement import Agreement, agree
from services.scoring.frameworks.demand_policies import Kind
from services.scoring.frameworks.demand_policies import State as WeightState
from services.scoring.policies import domain as named
from services.scoring.policies.parameters import PolicyParameters
from services.scoring.policy_comparisons import domain
from services.scoring.policy_comparisons.domain import Compared
from shared.apart import compute_apart
from shared.errors import Conflict, NotFound, TooMany
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/comparisons", tags=["comparisons"], route_class=Route)
FIRST_FEW = 5


class PolicyPlace(Wire):
    """An idea in its place under a policy."""

    idea_id: UUID
    title: str
    weight: float


class ComparedPolicy(Wire):
    """A policy that is compared, and who wins under it."""

    id: UUID
    name: str
    kind: Kind
    revision: int
    weighing: bool = Field(description="whether a change of it has not reached every idea yet")
    winner: PolicyPlace | None = Field(description="the idea that weighs most; null: none is weighed")
    first: list[PolicyPlace] = Field(description="the five that weigh most")


class PolicyPair(Wire):
    """Two policies over the same ideas."""

    first: UUID
    second: UUID
    tau: float | None = Field(
        description="Kendall's tau-b: 1 the same order, -1 its reverse; null: fewer than two ideas, or a policy by "
        "which all of them weigh the same"
    )


class PolicyStandpoint(Wire):
    """Where one policy puts an idea."""

    policy_id: UUID
    weight: float
    place: float = Field(description="from 1, among the ideas compared; equal weights share the mean of their places")


class PolicyMover(Wire):
    """An idea whose place hangs on the policy."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    apart: float = Field(description="places between the policy that puts it highest and the one that puts it lowest")
    places: list[PolicyStandpoint] = Field(description="in the order of the policies asked for")


class PolicyState(Wire):
    """What one policy makes of an idea."""

    policy_id: UUID
    state: WeightState | None = Field(description="null: the policy has not reached it yet")


class LeftOut(Wire):
    """An idea that one of the policies cannot weigh."""

    idea_id: UUID
    title: str
    states: list[PolicyState]


class PolicyComparison(Wire):
    """The same ideas under several demand policies."""

    policies: list[ComparedPolicy]
    changes_winner: bool = Field(description="whether the policies do not all have the same winner")
    ideas: int = Field(description="how many are compared: those that every one of the policies weighs")
    left_out: int = Field(description="ideas among the first of one policy that another cannot weigh")
    left_out_ideas: list[LeftOut] = Field(description="the heaviest of those, as many as `most`")
    whole: bool = Field(description="whether no policy ranks as many as `among`, so that nothing is cut off")
    pairs: list[PolicyPair]
    movers: list[PolicyMover] = Field(description="the farthest apart first")


@router.get(
    "/demand-policies", responses=GUARDED | responses(Conflict, NotFound, TooMany), dependencies=[allow("scores:read")]
)
async def compare_demand_policies(
    caller: CallerDep,
    read: ReadDep,
    runtime: RuntimeDep,
    policy_id: Annotated[list[UUID], Query(min_length=2, max_length=6, description="policies, two to six")],
    among: Annotated[
        int, Query(ge=2, le=MOST, description="the first so many ideas of each policy are compared")
    ] = 100,
    kind: Annotated[IdeaKind | None, Query(description="only of this kind")] = None,
    status: Annotated[IdeaStatus | None, Query(description="only in this status")] = None,
    product_id: Annotated[UUID | None, Query(description="only ideas of this product")] = None,
    most: Annotated[int, Query(ge=1, le=50, description="how many movers to show")] = 10,
) -> PolicyComparison:
    """Rank ideas by several policies side by side: who wins by each, how alike they are, who moves most."""
    policies = await named.several(read, caller.workspace_id, policy_id)
    rows, most_ranked = await domain.top(
        read, caller.workspace_id, policy_id, among, kind=kind, status=status, product_id=product_id
    )
    shared = [row for row in rows if None not in row.values]
    apart = [row for row in rows if None in row.values]
    values = np.array([row.values for row in shared], np.float64).reshape(-1, len(policy_id))
    found: Agreement = await compute_apart(runtime, lambda: agree(values, most))
    compared = [_policy(policy, place, rows) for place, policy in enumerate(policies)]
    return PolicyComparison(
        policies=compared,
        changes_winner=len({each.winner and each.winner.idea_id for each in compared}) > 1,
        ideas=len(shared),
        left_out=len(apart),
        left_out_ideas=[
            LeftOut(
                idea_id=row.idea_id,
                title=row.title,
                states=[
                    PolicyState(policy_id=id, state=state) for id, state in zip(policy_id, row.states, strict=True)
                ],
            )
            for row in sorted(apart, key=lambda row: -max(each or 0.0 for each in row.values))[:most]
        ],
        whole=most_ranked < among,
        pairs=[PolicyPair(first=policy_id[one], second=policy_id[other], tau=tau) for one, other, tau in found.pairs],
        movers=[
            PolicyMover(
                idea_id=shared[idea].idea_id,
                title=shared[idea].title,
                kind=shared[idea].kind,
                status=shared[idea].status,
                apart=float(np.ptp(found.places[idea])),
                places=[
                    PolicyStandpoint(policy_id=id, weight=weight, place=place)
                    for id, weight, place in zip(
                        policy_id, values[idea].tolist(), found.places[idea].tolist(), strict=True
                    )
                ],
            )
            for idea in found.apart
        ],
    )


def _policy(policy: asyncpg.Record, place: int, rows: Sequence[Compared]) -> ComparedPolicy:
    weighed = [(value, row) for row in rows if (value := row.values[place]) is not None]
    # As rankings have it: among equals the newer idea comes first.
    heaviest = sorted(weighed, key=lambda each: (each[0], each[1].idea_id), reverse=True)[:FIRST_FEW]
    places = [PolicyPlace(idea_id=row.idea_id, title=row.title, weight=value) for value, row in heaviest]
    return ComparedPolicy(
        id=policy["id"],
        name=policy["name"],
        kind=PolicyParameters.model_validate_json(policy["parameters"]).kind,
        revision=policy["revision"],
        weighing=policy["rescoring_id"] is not None,
        winner=places[0] if places else None,
        first=places,
    )
