"""Simulations and sensitivities over HTTP. Nothing is stored: they are asked for with POST because they are long."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from services.scoring.candidates import domain as candidates
from services.scoring.candidates.domain import Candidate, Choice, Model
from services.scoring.frameworks.parameters import InputName
from services.scoring.uncertainty import domain
from services.scoring.uncertainty.domain import Asked, Simulated
from services.scoring.uncertainty.sensitivity import InputTurn, WeightTurn, sensitivity
from services.scoring.uncertainty.turning_points import Turn
from shared.apart import compute_apart
from shared.errors import Conflict, FieldError, Invalid, TooLarge, UnsupportedMedia
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, Route, RuntimeDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["uncertainty"], route_class=Route)
ASKING = GUARDED | responses(Conflict, TooLarge, UnsupportedMedia)


class Chosen(Wire):
    """Which ideas to look at: the first of a model's ranking, and those named besides."""

    model_id: UUID = Field(description="an active model")
    among: Annotated[int, Field(ge=1, le=candidates.MOST)] = Field(
        default=50, description="how many ideas from the top of today's ranking"
    )
    kind: IdeaKind | None = Field(default=None, description="of the ranking, only this kind")
    status: IdeaStatus | None = Field(default=None, description="of the ranking, only in this status")
    product_id: UUID | None = Field(default=None, description="of the ranking, only ideas of this product")
    idea_ids: list[UUID] = Field(default_factory=list[UUID], max_length=200, description="ideas to look at besides")
    k: Annotated[int, Field(ge=1, le=100)] = Field(default=5, description="how many are to be chosen")

    def choice(self) -> Choice:
        """The same for the domain."""
        return Choice(self.among, self.kind, self.status, self.product_id, self.idea_ids)


class SimulationIn(Chosen):
    """How to simulate. The same seed over the same estimates gives the same answer, whenever it is asked."""

    samples: Annotated[int, Field(ge=100, le=20_000)] = Field(default=2_000, description="draws of each idea")
    seed: Annotated[int, Field(ge=0, le=2**53)] = 1
    interval: Annotated[float, Field(ge=0.5, le=0.99)] = Field(
        default=0.8, description="the share of the draws that a rank interval holds"
    )
    certainty: Annotated[float, Field(ge=0.5, le=0.999)] = Field(
        default=0.9, description="an idea that is over another in fewer draws than this is tied with it"
    )
    doubts: dict[InputName, Annotated[float, Field(ge=0, le=3)]] = Field(
        default_factory=dict,
        max_length=50,
        description="how far estimates of an input that are single values may be off, as a coefficient of variation. "
        "Left out: they are taken to be exact",
        examples=[{"effort": 0.3}],
    )
    refinements: Annotated[int, Field(ge=0, le=50)] = Field(default=10, description="how many refinements to list")


class ModelRef(Wire):
    """The model that was used."""

    id: UUID
    name: str
    framework: str
    version: int = Field(description="the model's `revision`")


class RankedIdea(Wire):
    """An idea in all draws. Figures of its value are null where the model refused every draw."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    value: float | None = Field(description="its score, computed with the means of the estimates")
    mean: float | None
    p10: float | None
    p50: float | None
    p90: float | None
    mean_rank: float = Field(description="what the list is ordered by")
    rank_low: int = Field(description="the interval of ranks that holds the asked share of the draws")
    rank_high: int
    top: float = Field(description="P(rank ≤ k)")
    over_next: float | None = Field(description="P(it is worth more than the next in this list); null for the last")
    tie: int = Field(description="the group it is in, from 1. Ideas of one group cannot be told apart")
    certain: bool = Field(description="every draw is the same: all its estimates are single values that agree")
    refused: float = Field(description="the share of draws that the model refused; there it came last")


class Refinement(Wire):
    """An estimate that is worth refining: knowing it exactly would change what is chosen, in some draws."""

    idea_id: UUID
    title: str
    input: str
    estimated_as: str = Field(description="the `input` of its estimates")
    gain: float = Field(
        description="expected value of knowing it exactly: how much more the k chosen would be worth, in the model's "
        "own unit"
    )
    share: float = Field(description="of what knowing everything would be worth")
    changes: float = Field(description="the chance that knowing it changes the choice")
    below: float | None = Field(description="the choice changes when it turns out to be this or less")
    above: float | None = Field(description="the choice changes when it turns out to be this or more")


class Simulation(Wire):
    """Ideas by how sure their places are."""

    model: ModelRef
    k: int
    samples: int
    seed: int
    ideas: list[RankedIdea] = Field(description="by mean rank, the best first")
    ties: list[list[UUID]] = Field(description="groups of two and more that nobody can order, the best first")
    refine: list[Refinement] = Field(description="which one estimate to refine next, the most worth first")
    perfect_information: float = Field(description="what knowing every input exactly would be worth")


@router.post("/simulations", responses=ASKING, dependencies=[allow("scores:read")])
async def simulate_ranking(body: SimulationIn, caller: CallerDep, runtime: RuntimeDep) -> Simulation:
    """Draw the estimates many times over (Monte Carlo) and tell how sure the ranking is.

    Estimates with a `spread` are drawn from it; an input of several estimators is an equal mixture of theirs, so where
    they disagree the rank is uncertain as well. Demand is counted and does not vary.
    """
    async with runtime.database.read((caller.workspace_id,)) as read:
        model = await candidates.model(read, caller.workspace_id, body.model_id)
        found = await candidates.load(read, caller.workspace_id, model.id, body.choice())
    if len(found) * body.samples > domain.MOST_FIGURES:
        most = domain.MOST_FIGURES // len(found)
        raise Invalid(errors=[FieldError("/body/samples", f"at most {most} with {len(found)} ideas")])
    asked = Asked(
        body.k, body.samples, body.seed, body.interval, body.certainty, body.doubts, refinements=body.refinements
    )
    simulated = await compute_apart(runtime, lambda: domain.simulate(model, found, asked))
    return _simulation(body, model, found, simulated)


def model_ref(model: Model) -> ModelRef:
    """A model as answers name it."""
    return ModelRef(id=model.id, name=model.name, framework=model.framework.name, version=model.revision)


def _simulation(body: SimulationIn, model: Model, found: list[Candidate], simulated: Simulated) -> Simulation:
    group = {place: number for number, each in enumerate(simulated.groups, start=1) for place in each}
    estimated_as = {each.name: each.estimated_as for each in model.needed()}
    return Simulation(
        model=model_ref(model),
        k=body.k,
        samples=body.samples,
        seed=body.seed,
        ideas=[
            RankedIdea(
                idea_id=found[place].idea_id,
                title=found[place].title,
                kind=found[place].kind,
                status=found[place].status,
                value=simulated.values[place],
                mean=standing.mean,
                p10=standing.p10,
                p50=standing.p50,
                p90=standing.p90,
                mean_rank=standing.mean_rank,
                rank_low=standing.rank_low,
                rank_high=standing.rank_high,
                top=standing.top,
                over_next=over_next,
                tie=group[place],
                certain=simulated.certain[place],
                refused=standing.refused,
            )
            for place, over_next in zip(simulated.order, simulated.next_over, strict=True)
            if (standing := simulated.standings[place])
        ],
        ties=[[found[place].idea_id for place in each] for each in simulated.groups if len(each) > 1],
        refine=[
            Refinement(
                idea_id=found[each.place].idea_id,
                title=found[each.place].title,
                input=each.input,
                estimated_as=estimated_as[each.input],
                gain=each.gain,
                share=min(each.gain / simulated.perfect, 1.0) if simulated.perfect else 0.0,
                changes=each.changes,
                below=each.below,
                above=each.above,
            )
            for each in simulated.gains
        ],
        perfect_information=simulated.perfect,
    )


class SensitivityIn(Chosen):
    """Which choice to look at."""

    inputs: Annotated[int, Field(ge=0, le=200)] = Field(default=20, description="how many inputs to list")


class TurningPoint(Wire):
    """Where the choice changes."""

    factor: float = Field(description="what the figure is multiplied by")
    value: float = Field(description="the figure then")


class SensitiveWeight(Wire):
    """A weight of the model, and how far it must move, alone, until others are chosen."""

    pointer: str = Field(description="where it stands in the model's `parameters`, as a JSON Pointer")
    name: str
    value: float
    down: TurningPoint | None = Field(description="the nearest change below; null: none down to a tenth of it")
    up: TurningPoint | None = Field(description="the nearest change above; null: none up to ten times of it")
    enters: list[UUID] = Field(description="chosen at the nearer of the two, and not now")
    leaves: list[UUID] = Field(description="chosen now, and not at the nearer of the two")


class SensitiveInput(Wire):
    """An input of an idea, and how far it must move, alone, until the idea is chosen or is not any more."""

    idea_id: UUID
    title: str
    input: str
    value: float
    chosen: bool = Field(description="whether the idea is among the first k now")
    down: TurningPoint | None
    up: TurningPoint | None


class SensitivityReport(Wire):
    """What the choice of the first k hangs on."""

    model: ModelRef
    k: int
    chosen: list[UUID] = Field(description="the first k now, the best first")
    weights: list[SensitiveWeight] = Field(
        description="the nearest to a change first. Empty where the model has no weights: then only inputs can change "
        "an order"
    )
    inputs: list[SensitiveInput] = Field(description="the nearest to a change first")


@router.post("/sensitivities", responses=ASKING, dependencies=[allow("scores:read")])
async def find_sensitivities(body: SensitivityIn, caller: CallerDep, runtime: RuntimeDep) -> SensitivityReport:
    """Find which weight of a model, and which input of an idea, moved how far, changes the first k.

    Each figure is moved alone, between a tenth and ten times of what it is.
    """
    async with runtime.database.read((caller.workspace_id,)) as read:
        model = await candidates.model(read, caller.workspace_id, body.model_id)
        found = await candidates.load(read, caller.workspace_id, model.id, body.choice())
    report = await compute_apart(runtime, lambda: sensitivity(model, found, body.k, body.inputs))
    return SensitivityReport(
        model=model_ref(model),
        k=body.k,
        chosen=[found[place].idea_id for place in report.first],
        weights=[_weight(each, found) for each in report.weights],
        inputs=[_input(each, found[each.place]) for each in report.inputs],
    )


def _weight(turn: WeightTurn, found: list[Candidate]) -> SensitiveWeight:
    return SensitiveWeight(
        pointer=turn.pointer,
        name=turn.name,
        value=turn.value,
        down=_point(turn.down),
        up=_point(turn.up),
        enters=[found[place].idea_id for place in turn.enters],
        leaves=[found[place].idea_id for place in turn.leaves],
    )


def _input(turn: InputTurn, candidate: Candidate) -> SensitiveInput:
    return SensitiveInput(
        idea_id=candidate.idea_id,
        title=candidate.title,
        input=turn.input,
        value=turn.value,
        chosen=turn.inside,
        down=_point(turn.down),
        up=_point(turn.up),
    )


def _point(turn: Turn | None) -> TurningPoint | None:
    return None if turn is None else TurningPoint(factor=turn.factor, value=turn.value)
