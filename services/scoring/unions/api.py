"""What merging two ideas would do to their ranks, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from services.scoring.frameworks import FrameworkName
from services.scoring.scores.computed import State
from services.scoring.unions import domain
from services.scoring.unions.domain import Standing
from shared.errors import TooLarge, UnsupportedMedia
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, Route, TxDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["uncertainty"], route_class=Route)
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class UnitedDemand(Wire):
    """Who asks for the two ideas together, each counted once."""

    votes: Count = Field(examples=[23])
    insights: Count = Field(examples=[8])
    contacts: Count = Field(examples=[25])
    accounts: Count = Field(examples=[9])
    mrr: Annotated[int, Field(ge=0, le=2**63 - 1)] = Field(description="minor units", examples=[420_000])


class MergeWhatIfIn(Wire):
    """Two ideas that may be one. Nothing is stored."""

    idea_id: UUID = Field(description="the one that would count for the other")
    into_id: UUID = Field(description="the one that would stay")
    demand: UnitedDemand = Field(
        description="feedback's `survivor.after`, which `POST /v1/ideas/{idea_id}:merge` with `dry_run` answers: "
        "scoring does not know who asks for both"
    )


class MergeStanding(Wire):
    """An idea's score under a model."""

    state: State
    value: float | None
    missing: list[str]
    place: int | None = Field(
        description="in the model's ranking, from 1. null: no value, archived, or below the 10,000th place"
    )


class MergeWhatIfModel(Wire):
    """What one model makes of it."""

    model_id: UUID
    name: str
    framework: FrameworkName
    idea: MergeStanding = Field(description="the idea that would be merged, as it is; merged, it has no place")
    before: MergeStanding = Field(description="the one that would stay, as it is")
    after: MergeStanding = Field(description="the one that would stay, with what is asked and said of both")
    rose: int | None = Field(description="places up; negative: down. null: it has no place before or after")
    apart: list[str] = Field(
        description="inputs that a demand policy gives: they stay those of the one idea, since "
        "scoring knows who asks for both once they are one"
    )


class MergeWhatIfIdea(Wire):
    """One of the two."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus


class MergeWhatIf(Wire):
    """What a merge would do, model by model."""

    idea: MergeWhatIfIdea
    into: MergeWhatIfIdea
    models: list[MergeWhatIfModel] = Field(description="the active ones; empty: none is")


@router.post(
    "/what-ifs/merges",
    responses=GUARDED | responses(TooLarge, UnsupportedMedia),
    dependencies=[allow("scores:read")],
)
async def ask_what_a_merge_does(body: MergeWhatIfIn, caller: CallerDep, tx: TxDep) -> MergeWhatIf:
    """Ask what merging one idea into another would do to their ranks. Nothing is stored.

    It is computed as the merge itself would be: what is estimated of the merged idea counts where nobody has estimated
    the other, and so do its contributions, capabilities and needs.
    """
    demand = body.demand.model_dump()
    ideas, unions = await domain.suppose(tx, caller.workspace_id, body.idea_id, body.into_id, demand)
    idea, into = (
        MergeWhatIfIdea(idea_id=row["idea_id"], title=row["title"], kind=row["kind"], status=row["status"])
        for row in ideas
    )
    return MergeWhatIf(
        idea=idea,
        into=into,
        models=[
            MergeWhatIfModel(
                model_id=each.model_id,
                name=each.name,
                framework=each.framework,
                idea=_standing(each.idea),
                before=_standing(each.before),
                after=_standing(each.after),
                rose=None
                if each.before.place is None or each.after.place is None
                else each.before.place - each.after.place,
                apart=list(each.weighed),
            )
            for each in unions
        ],
    )


def _standing(standing: Standing) -> MergeStanding:
    return MergeStanding(
        state="not_scoreable" if standing.value is None else "scored",
        value=standing.value,
        missing=list(standing.missing),
        place=standing.place,
    )
