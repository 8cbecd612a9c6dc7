"""The parity matrix over HTTP."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.scoring.competition import domain
from services.scoring.facts import domain as facts
from services.scoring.facts.bodies import FRESHNESS, Competition, Seen, counted, lapsed
from services.scoring.frameworks.parameters import CompetitionRule
from services.scoring.frameworks.parity import Decay, Standing, age, freshness, gap
from shared.errors import Moved, NotFound
from shared.paging import Cursor, Limit, after, encode
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["competition"], route_class=Route)


class DecayIn(Wire):
    """How evidence grows old."""

    half_life_days: Annotated[float, Field(ge=1, le=3650)] = Field(
        description="evidence of this age weighs half as much as new", examples=[180]
    )
    max_age_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        description="evidence older than this is no evidence any more", examples=[540]
    )


class EvidenceDecay(DecayIn):
    """How evidence grows old: freshness = 2 ^ (-age / half_life_days), and 0 beyond max_age_days."""

    version: int = Field(description="0: nothing was ever said, and these are the defaults")


class ParityCompetitor(Wire):
    """A column of the matrix."""

    id: UUID
    name: str
    weight: float


class ParityCell(Wire):
    """What a competitor has of a capability, by the latest evidence."""

    competitor_id: UUID
    theirs: Standing | Literal["unknown"] = Field(description="`unknown`: no evidence, or none that is fresh enough")
    ahead: float | None = Field(description="max(0, theirs - ours), none 0, partial 0.5, full 1; null: unknown")
    freshness: float = Field(description=FRESHNESS)
    age_days: int | None = Field(description="null: there is no evidence")
    observed_on: date | None
    evidence_id: UUID | None


class ParityRow(Wire):
    """A capability: what we have of it, and what they have."""

    capability_id: UUID
    capability: str
    ours: Standing
    cells: list[ParityCell] = Field(description="one for each competitor, in the order of `competitors`")


class ParityMatrix(Wire):
    """Us against them. Archived capabilities and competitors are left out."""

    competitors: list[ParityCompetitor] = Field(description="all of them, the first added first")
    data: list[ParityRow]
    half_life_days: float
    max_age_days: int
    next_cursor: str | None = Field(description="pass as `cursor` to get the next capabilities")


class IdeaCompetition(Competition):
    """How far competitors are ahead of us in what an idea would give."""

    idea_id: UUID
    title: str
    lapsed: list[Seen] = Field(description="evidence that is too old: it counts for nothing until somebody looks again")


@router.get("/competitors/parity", responses=GUARDED, dependencies=[allow("scores:read")])
async def show_parity(
    caller: CallerDep,
    read: ReadDep,
    idea_id: Annotated[UUID | None, Query(description="only capabilities that this idea would give us")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ParityMatrix:
    """Show the parity matrix: what we have of each capability, and what competitors have by fresh evidence."""
    found = await domain.matrix(read, caller.workspace_id, after(cursor), limit, idea_id)
    today, shown = facts.today(), found.capabilities[:limit]
    return ParityMatrix(
        competitors=[ParityCompetitor(**row) for row in found.competitors],
        data=[
            ParityRow(
                capability_id=row["id"],
                capability=row["name"],
                ours=row["ours"],
                cells=[_cell(found, row["id"], each["id"], row["ours"], today) for each in found.competitors],
            )
            for row in shown
        ],
        half_life_days=found.decay.half_life,
        max_age_days=found.decay.max_age,
        next_cursor=encode(shown[-1]["id"]) if len(found.capabilities) > limit else None,
    )


def _cell(found: domain.Matrix, capability_id: UUID, competitor_id: UUID, ours: Standing, today: date) -> ParityCell:
    held = found.cells.get((capability_id, competitor_id))
    fresh = 0.0 if held is None else freshness(held["observed_on"], today, found.decay)
    return ParityCell(
        competitor_id=competitor_id,
        theirs=held["theirs"] if held is not None and fresh else "unknown",
        ahead=gap(ours, held["theirs"]) if held is not None and fresh else None,
        freshness=fresh,
        age_days=None if held is None else age(held["observed_on"], today),
        observed_on=None if held is None else held["observed_on"],
        evidence_id=None if held is None else held["evidence_id"],
    )


@router.get("/competitors/decay", responses=GUARDED, dependencies=[allow("scores:read")])
async def get_evidence_decay(caller: CallerDep, read: ReadDep, response: Response) -> EvidenceDecay:
    """Show how evidence of competitors grows old in this workspace."""
    return _decay(await domain.decay(read, caller.workspace_id), response)


@router.put("/competitors/decay", responses=EDITING, dependencies=[allow("scores:write")])
async def set_evidence_decay(
    body: DecayIn, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> EvidenceDecay:
    """Let evidence of competitors grow old otherwise. Scores of models that read competition move."""
    wanted = Decay(body.half_life_days, body.max_age_days)
    return _decay(await domain.set_decay(tx, caller.workspace_id, expected, wanted), response)


def _decay(found: tuple[Decay, int], response: Response) -> EvidenceDecay:
    held, version = found
    response.headers.update(etag(version))
    return EvidenceDecay(half_life_days=held.half_life, max_age_days=held.max_age, version=version)


@router.get(
    "/competition/{idea_id}", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("scores:read")]
)
async def get_competition(idea_id: UUID, caller: CallerDep, read: ReadDep) -> IdeaCompetition:
    """Show how far competitors are ahead in what an idea would give, with the evidence and its age.

    competition = sum(weight * freshness * gap) / sum(weight * freshness) over the idea's capabilities and the
    competitors of whom there is evidence. A day alone moves nothing; evidence that comes, goes or lapses does.
    """
    title = await facts.title(read, caller.workspace_id, idea_id, "/v1/competition/{}")
    (known,) = await facts.load(read, [(caller.workspace_id, idea_id)], {CompetitionRule})
    today, decay = facts.today(), known.decay or facts.DEFAULT
    told = await facts.seen(read, caller.workspace_id, [each.evidence_id for each in known.cells])
    competed = known.competed()
    found = None if competed is None else counted(competed, told, today)
    return IdeaCompetition(
        idea_id=idea_id,
        title=title,
        competition=None if found is None else found.competition,
        half_life_days=decay.half_life,
        max_age_days=decay.max_age,
        lapses_on=None if found is None else found.lapses_on,
        evidence=[] if found is None else found.evidence,
        lapsed=[
            lapsed(each, told, today, decay) for each in known.cells if not freshness(each.observed_on, today, decay)
        ],
    )
