"""Charts over HTTP: `.svg`, `.png`, or `.txt` for the same in words."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.scoring.balance.bodies import Basis
from services.scoring.candidates import domain as candidates
from services.scoring.candidates.domain import Candidate, Choice, Model
from services.scoring.capacity import domain as stock
from services.scoring.capacity.api import Periods, TeamIds
from services.scoring.charts import domain, pictures
from services.scoring.charts.pictures import Chart, Form
from services.scoring.debts import domain as debts
from services.scoring.frameworks.parameters import InputName
from services.scoring.plans import domain as plans
from services.scoring.portfolio.bodies import MOST_VARIABLES, FrontIn, PlanItem, StoredCapacity
from services.scoring.portfolio.domain import stocked
from shared.access.keys import Caller
from shared.apart import compute_apart
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, Route, RuntimeDep, allow
from shared.runtime import Runtime

router = APIRouter(prefix="/v1/charts", tags=["charts"], route_class=Route)
MEDIA = {"svg": "image/svg+xml", "png": "image/png", "txt": "text/plain; charset=utf-8"}
HEADERS = {
    "Cache-Control": "private, no-cache",
    # It holds what people wrote: should anything in it ever be taken for a script, it must not run.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
_MODEL, _IDEAS = "/query/model_id", "/body/idea_ids"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The chart, with an `ETag` for what it shows. A picture's `Link` header says where the same is "
        "in words; an SVG has them in its `desc` too",
        "content": {
            "image/svg+xml": {"schema": {"type": "string"}},
            "image/png": _BINARY,
            "text/plain": {"schema": {"type": "string"}},
        },
    },
    304: {"description": "`If-None-Match` names what it still shows"},
}
DRAWN = PICTURE | GUARDED | responses(Conflict, NotFound)
Among = Annotated[int, Query(ge=1, le=50, description="how many ideas from the top of the ranking")]
ModelId = Annotated[UUID, Query(description="an active model")]


@router.get("/value-effort.{form}", response_class=Response, responses=DRAWN, dependencies=[allow("scores:read")])
async def chart_value_effort(
    form: Form,
    model_id: ModelId,
    caller: CallerDep,
    runtime: RuntimeDep,
    request: Request,
    effort: Annotated[InputName, Query(description="the input of the model that is the effort")] = "effort",
    among: Among = 25,
) -> Response:
    """Draw ideas by value and effort. A score that is divided by effort is multiplied by it again."""
    model, found = await _ranked(runtime, caller, model_id, Choice(among))
    chart = await compute_apart(runtime, lambda: domain.value_effort(model, found, effort))
    return await _drawn(runtime, request, chart, form)


@router.get("/rank-intervals.{form}", response_class=Response, responses=DRAWN, dependencies=[allow("scores:read")])
async def chart_rank_intervals(
    form: Form,
    model_id: ModelId,
    caller: CallerDep,
    runtime: RuntimeDep,
    request: Request,
    among: Among = 25,
    seed: Annotated[int, Query(ge=0, le=2**53)] = 1,
) -> Response:
    """Draw how far each idea's rank reaches, by the spreads of its estimates."""
    model, found = await _ranked(runtime, caller, model_id, Choice(among))
    chart = await compute_apart(runtime, lambda: domain.rank_intervals(model, found, seed))
    return await _drawn(runtime, request, chart, form)


@router.get("/front.{form}", response_class=Response, responses=DRAWN, dependencies=[allow("scores:read")])
async def chart_front(
    form: Form,
    model_id: ModelId,
    period: Periods,
    caller: CallerDep,
    runtime: RuntimeDep,
    request: Request,
    team_id: TeamIds = None,
    among: Among = 25,
) -> Response:
    """Draw the Pareto front of business value and technical value within the teams' stored capacity.

    Of the ideas at the top of the ranking, those are looked at that have a stored effort.
    """
    stored = StoredCapacity(team_ids=team_id or [], periods=period)
    async with runtime.database.read((caller.workspace_id,)) as read:
        with _named_in_query():
            model = await candidates.model(read, caller.workspace_id, model_id, _MODEL)
        await stock.usage(read, caller.workspace_id, period, team_id or ())
        ranked = await candidates.load(read, caller.workspace_id, model.id, Choice(among))
        efforts = await stock.efforts_of(read, caller.workspace_id, [each.idea_id for each in ranked])
        found = [each for each in ranked if each.idea_id in efforts][: MOST_VARIABLES // len(period)]
        if not found:
            return await _drawn(runtime, request, domain.no_efforts(model), form)
        items = [PlanItem(key=str(each.idea_id), idea_id=each.idea_id, kind=each.kind) for each in found]
        asked = FrontIn(items=items, stored_capacity=stored, model_id=model_id, seconds=2)
        with _named_in_query():
            asked, _ = await stocked(read, caller.workspace_id, asked)
    chart = await compute_apart(runtime, lambda: domain.front(asked, model, found))
    return await _drawn(runtime, request, chart, form)


@router.get(
    "/waterfall.{form}",
    response_class=Response,
    responses=DRAWN,
    dependencies=[allow("scores:read")],
)
async def chart_waterfall(
    form: Form, model_id: ModelId, idea_id: UUID, caller: CallerDep, runtime: RuntimeDep, request: Request
) -> Response:
    """Draw how an idea's score comes about: every step from what it begins with to the value."""
    model, found = await _ranked(runtime, caller, model_id, Choice(0, idea_ids=[idea_id]))
    return await _drawn(runtime, request, domain.waterfall(model, found[0]), form)


@router.get("/capacity.{form}", response_class=Response, responses=DRAWN, dependencies=[allow("scores:read")])
async def chart_capacity(
    form: Form,
    period: Periods,
    caller: CallerDep,
    runtime: RuntimeDep,
    request: Request,
    team_id: TeamIds = None,
    basis: Annotated[
        Basis,
        Query(description="what the bars are: `commitments`, or what the adopted `plan` takes, its teams together"),
    ] = "commitments",
) -> Response:
    """Draw what is promised or planned of each skill, period by period, against what there is."""
    async with runtime.database.read((caller.workspace_id,)) as read:
        if basis == "plan":
            plan = await plans.adopted(read, caller.workspace_id)
            uses = await plans.uses(read, caller.workspace_id, plan)
            chart = domain.planned(plan, [each for each in uses if each.period in set(period)])
        else:
            found, _ = await stock.usage(read, caller.workspace_id, period, team_id or ())
            chart = domain.capacity(found)
    return await _drawn(runtime, request, chart, form)


@router.get(
    "/debt.{form}",
    response_class=Response,
    responses=DRAWN,
    dependencies=[allow("scores:read")],
)
async def chart_debt(
    form: Form,
    debt_id: UUID,
    caller: CallerDep,
    runtime: RuntimeDep,
    request: Request,
    months: Annotated[int, Query(ge=1, le=120)] = 24,
) -> Response:
    """Draw what carrying a debt on costs, month by month, against paying it off now."""
    async with runtime.database.read((caller.workspace_id,)) as read:
        row = await debts.get(read, caller.workspace_id, debt_id)
    return await _drawn(runtime, request, domain.debt(row["title"], debts.figures(row), months), form)


@contextmanager
def _named_in_query() -> Generator[None]:
    """What does not exist is not found; what else is wrong with a portfolio comes from the teams that were named."""
    try:
        yield
    except Invalid as error:
        lost = [each.reason for each in error.errors if each.pointer == _MODEL or each.pointer.startswith(_IDEAS)]
        if lost:
            raise NotFound(f"No such model, or no such idea: {lost[0]}.") from None
        raise Invalid(errors=[FieldError("/query/team_id", each.reason) for each in error.errors]) from None


async def _ranked(runtime: Runtime, caller: Caller, model_id: UUID, choice: Choice) -> tuple[Model, list[Candidate]]:
    async with runtime.database.read((caller.workspace_id,)) as read:
        with _named_in_query():
            model = await candidates.model(read, caller.workspace_id, model_id, _MODEL)
            return model, await candidates.load(read, caller.workspace_id, model.id, choice)


async def _drawn(runtime: Runtime, request: Request, chart: Chart, form: Form) -> Response:
    """The chart, or 304 to a caller who has it: then it is not drawn at all."""
    tag = f'"{chart.tag(form)}"'
    headers = {**HEADERS, "ETag": tag}
    if form != "txt":
        words = f"{request.url.path.removesuffix(form)}txt?{request.url.query}"
        headers["Link"] = f'<{words}>; rel="describedby"; type="text/plain"'
    held = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in held or "*" in held:
        return Response(status_code=304, headers=headers)
    return Response(await pictures.picture(runtime, chart, form), media_type=MEDIA[form], headers=headers)
