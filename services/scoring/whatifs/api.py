"""What-ifs over HTTP."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, ValidationError

from services.scoring.candidates import domain as candidates
from services.scoring.candidates.domain import Choice
from services.scoring.frameworks import FRAMEWORKS, FrameworkName
from services.scoring.frameworks.alignment import Aligned
from services.scoring.frameworks.factors import Contribution, Flag, FormulaStep
from services.scoring.frameworks.parameters import InputName
from services.scoring.models.bodies import UnreadParameters
from services.scoring.scores.computed import State
from services.scoring.scores.inputs import Demanded, Source
from services.scoring.whatifs import domain
from services.scoring.whatifs.domain import Pair, Standing
from shared.apart import compute_apart
from shared.errors import Conflict, FieldError, Invalid, TooLarge, UnsupportedMedia
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.problems import GUARDED, field_errors, responses
from shared.routes import CallerDep, Route, RuntimeDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["uncertainty"], route_class=Route)
ASKING = GUARDED | responses(Conflict, TooLarge, UnsupportedMedia)


class Supposed(Wire):
    """An input as it would be, whatever is estimated or demanded."""

    idea_id: UUID
    input: InputName = Field(description="by its name in the model", examples=["effort"])
    value: Annotated[float, Field(ge=-1e12, le=1e12)] | None = Field(
        description="null: nobody had given it", examples=[2]
    )


class SupposedObjective(Wire):
    """An objective as it would weigh."""

    objective_id: UUID
    weight: Annotated[float, Field(ge=0, le=1000)] = Field(
        description="above 0 it counts, whether it does today or not; 0: it would not", examples=[5]
    )


class WhatIfIn(Wire):
    """What would be otherwise. Nothing is stored."""

    model_id: UUID = Field(description="the active model to begin with")
    framework: FrameworkName | None = Field(default=None, description="another framework; left out: the model's own")
    parameters: UnreadParameters | None = Field(
        default=None, description="other weights; left out: the model's own, or the framework's defaults"
    )
    inputs: list[Supposed] = Field(default_factory=list[Supposed], max_length=500)
    objectives: list[SupposedObjective] = Field(
        default_factory=list[SupposedObjective],
        max_length=200,
        description="objectives that would weigh otherwise, for models that read alignment; the others stay",
    )
    among: Annotated[int, Field(ge=1, le=candidates.MOST)] = Field(
        default=50,
        description="how many ideas from the top of today's ranking; those in `inputs` are looked at besides",
    )


class SupposedInput(Wire):
    """One input, as in the explanation of a score."""

    source: Source | Literal["supposed"]
    value: float | None
    unit: str
    demand: Demanded | None
    alignment: Aligned | None = Field(default=None, description="with what each objective adds")
    problem: str | None
    flags: list[Flag]
    contribution: Contribution | None


class SupposedScore(Wire):
    """A score with its explanation: the `steps`, applied in order to `start`, give the value exactly."""

    place: int | None = Field(description="among the ideas looked at; null: not scoreable")
    state: State
    value: float | None
    label: str | None
    missing: list[str]
    start: float
    steps: list[FormulaStep]
    inputs: dict[str, SupposedInput]


class WhatIfIdea(Wire):
    """An idea as it is and as it would be."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    rose: int = Field(description="places up; negative: down")
    before: SupposedScore
    after: SupposedScore


class WhatIf(Wire):
    """Ideas in the order that they would have."""

    formula: str
    moved: int = Field(description="ideas whose place would be another")
    ideas: list[WhatIfIdea]


@router.post("/what-ifs", responses=ASKING, dependencies=[allow("scores:read")])
async def ask_what_if(body: WhatIfIn, caller: CallerDep, runtime: RuntimeDep) -> WhatIf:
    """Ask what the ranking would be with other inputs, weights, objectives or another framework. Nothing is stored."""
    wanted = {f"/body/inputs/{place}/idea_id": each.idea_id for place, each in enumerate(body.inputs)}
    async with runtime.database.read((caller.workspace_id,)) as read:
        model = await candidates.model(read, caller.workspace_id, body.model_id)
        framework = FRAMEWORKS[body.framework or model.framework.name]
        given: Any = body.parameters
        if given is None:
            given = model.parameters.model_dump() if framework.name == model.framework.name else {}
        try:
            parameters = framework.parameters.model_validate(given)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
            raise Invalid(errors=field_errors(errors, "/body/parameters")) from None
        choice = Choice(body.among, idea_ids=list(wanted.values()), pointers=list(wanted))
        found = await candidates.load(read, caller.workspace_id, model.id, choice)
    changes = {(each.idea_id, each.input): each.value for each in body.inputs}
    if unread := domain.unread(parameters, changes):
        reason = f"{', '.join(unread)} is no input of the model"
        raise Invalid(errors=[FieldError("/body/inputs", reason)])
    weights = {each.objective_id: each.weight for each in body.objectives}
    if lost := domain.unknown_objectives(found, weights):
        raise Invalid(
            errors=[FieldError("/body/objectives", f"scoring knows no objective by the id {id}") for id in lost]
        )
    pairs = await compute_apart(runtime, lambda: domain.suppose(model, framework, parameters, found, changes, weights))
    units = {name: each.unit for name, each in model.parameters.recipe().inputs.items()}
    recipe = parameters.recipe()
    return WhatIf(
        formula=recipe.formula,
        moved=sum(pair.before.position != pair.after.position for pair in pairs),
        ideas=[_idea(pair, units, {name: each.unit for name, each in recipe.inputs.items()}) for pair in pairs],
    )


def _idea(pair: Pair, units: dict[str, str], later: dict[str, str]) -> WhatIfIdea:
    old, new = pair.before.position, pair.after.position
    return WhatIfIdea(
        idea_id=pair.candidate.idea_id,
        title=pair.candidate.title,
        kind=pair.candidate.kind,
        status=pair.candidate.status,
        rose=0 if old is None or new is None else old - new,
        before=_score(pair.before, units),
        after=_score(pair.after, later),
    )


def _score(standing: Standing, units: dict[str, str]) -> SupposedScore:
    explained = standing.explained
    return SupposedScore(
        place=standing.position,
        state="not_scoreable" if standing.outcome.value is None else "scored",
        value=standing.outcome.value,
        label=explained.label,
        missing=list(standing.outcome.missing),
        start=explained.start,
        steps=list(explained.steps),
        inputs={
            name: SupposedInput(
                source="supposed" if name in standing.supposed else standing.inputs[name].source,
                value=standing.inputs[name].value,
                unit=unit,
                demand=standing.inputs[name].demand,
                alignment=standing.inputs[name].alignment,
                problem=explained.factors[name].problem,
                flags=list(explained.factors[name].flags),
                contribution=explained.factors[name].contribution,
            )
            for name, unit in units.items()
        },
    )
