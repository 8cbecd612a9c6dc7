"""Scores over HTTP: one idea explained, and all of them ranked."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter
from pydantic import Field
from pydantic_core import from_json

from services.scoring.crosschecks.domain import Contradiction, Labelled, check
from services.scoring.facts import domain as facts
from services.scoring.facts.bodies import Competition, counted
from services.scoring.frameworks import FRAMEWORKS
from services.scoring.frameworks.alignment import Aligned
from services.scoring.frameworks.factors import Contribution, Factor, Flag, FormulaStep
from services.scoring.kano import domain as kano
from services.scoring.kano.domain import Verdict
from services.scoring.needs.rated import Surveyed
from services.scoring.scores import store
from services.scoring.scores.computed import INPUTS, State
from services.scoring.scores.inputs import Corrected, Demanded, Input, Source
from services.scoring.scores.words import WHY, Said, in_words
from shared.database import Read
from shared.errors import Moved, NotFound
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.events.scoring import CauseKind
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["scores"], route_class=Route)


class ScoringModel(Wire):
    """The model that a score is by."""

    id: UUID
    name: str
    framework: str
    formula: str
    version: int = Field(description="the model's `revision`: the parameters that gave this score")


class Estimated(Wire):
    """A current estimate that an input rests on."""

    estimate_id: UUID
    idea_id: UUID = Field(description="of which it was made: this idea, or one that was merged into it")
    estimator: str
    discipline: str | None
    team_id: UUID | None
    value: float = Field(description="as it was estimated")
    note: str | None = Field(description="why, in the estimator's words")
    round_id: UUID | None = Field(description="the round in which several people agreed on it")
    at: datetime


class ScoreInput(Wire):
    """One input of a score: its value, where that came from and what it did to the score."""

    source: Source
    value: float | None = Field(description="the value used; null when there is none")
    unit: str
    words: str = Field(
        description="where the value comes from, for people",
        examples=["2, as estimated by ada (design) on 2026-11-03"],
    )
    estimates: list[Estimated] = Field(
        description="the value is their arithmetic mean, `corrections` applied. Where there is one, demand is not used"
    )
    raw: float | None = Field(description="the mean as it was estimated, where a correction is in force; else null")
    corrections: list[Corrected] = Field(
        description="what corrected the estimates before their mean was taken (`/v1/corrections`); empty: nothing did"
    )
    demand: Demanded | None = Field(
        description="without an estimate, the value is `count` times `per_ask`, or the policy's weight times that; "
        "where the demand cannot be weighed there is no value, and here is why"
    )
    survey: Surveyed | None = Field(
        description="without an estimate, the value is what respondents say of the need that the idea would serve"
    )
    alignment: Aligned | None = Field(
        default=None,
        description="the value is `alignment` from `at_none` to `at_full`; with what each objective adds",
    )
    competition: Competition | None = Field(
        default=None,
        description="the value is `competition` from `at_none` to `at_full`; with its evidence and ages",
    )
    problem: str | None = Field(description="why the idea cannot be scored with it")
    flags: list[Flag | Literal["small_sample"]] = Field(
        description="`off_scale`: taken, though not on the framework's published scale. `small_sample`: by few "
        "respondents, so its interval is wide"
    )
    contribution: Contribution | None = Field(
        description="its step in the formula. null when not scoreable, or where it shares its steps with other inputs"
    )


class MovedBy(Wire):
    """Why the score is what it is since `at`."""

    kind: CauseKind = Field(
        description="`policy`: the demand policy that an input follows from; `time`: a month is over, and by that "
        "policy older asks count less; `merge`: two ideas became one, or two again"
    )
    id: UUID | None = Field(
        description="what moved it: the event, estimate, model, demand policy, evidence, competitor or capability, or "
        "the correction that was switched on or off; the workspace where evidence was told to grow old otherwise"
    )
    words: str = Field(description="the same for people", examples=["Who asks for it has changed."])
    at: datetime


class Score(Wire):
    """A model applied to an idea, with everything that it rests on.

    The `steps`, applied in order to `start`, give the value exactly. The contribution of an input is its own step among
    them; in a product (`start` is 1) their logarithms add up to that of the value.
    """

    id: UUID
    model: ScoringModel
    state: State
    value: float | None = Field(description="absolute: another idea never moves it. null when not scoreable")
    label: str | None = Field(
        description="what the framework calls it: a quadrant of value and effort, a category of MoSCoW, how well a "
        "need is served. null where it has no such words, or the idea is not scoreable"
    )
    missing: list[str] = Field(description="inputs without which it cannot be scored")
    start: float = Field(description="what the steps begin with: 1 in a product, 0 in a sum")
    steps: list[FormulaStep] = Field(description="the formula with this idea's figures; empty when not scoreable")
    inputs: dict[str, ScoreInput] = Field(
        description="in the order of the formula. Alignment and competition are computed, whatever is estimated; an "
        "estimate wins over surveys and demand; what is none of these is missing, not imputed"
    )
    cause: MovedBy
    version: int = Field(description="rises each time the score moves")
    digest: str | None = Field(description="SHA-256 over the score and its inputs, taken when it was computed")
    intact: bool | None = Field(description="whether that still is the digest of what is stored; null without one")


class Evidence(Wire):
    """Where what the scores rest on can be looked up."""

    demand: str
    votes: str
    insights: str
    estimates: str
    contributions: str
    alignment: str
    competition: str
    provenance: str = Field(description="all of the demand in one call, down to the raw deliveries")


class Explanation(Wire):
    """An idea under every active model. The idea's fields are null until feedback has told of it."""

    idea_id: UUID
    title: str | None
    kind: IdeaKind | None
    status: IdeaStatus | None
    scores: list[Score]
    kano: Verdict | None = Field(
        description="what kind of quality it is to respondents: a label and a gate, no number. null: nobody was asked"
    )
    warnings: list[Contradiction] = Field(description="where MoSCoW, opportunity and Kano do not go together")
    links: Evidence


@router.get("/scores/{idea_id}", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("scores:read")])
async def explain_scores(idea_id: UUID, caller: CallerDep, read: ReadDep) -> Explanation:
    """Explain an idea's score under every active model, each input with where it came from.

    What is estimated of an idea that was merged into this one counts where nobody has estimated the input of this one;
    so does what it contributes to objectives, and capabilities that it would give us count beside this one's.
    """
    return await explained(read, caller.workspace_id, idea_id, "")


async def explained(read: Read, workspace_id: UUID, idea_id: UUID, place: str) -> Explanation:
    """The same. NotFound; Moved, to the same `place` of the other, when the idea was merged."""
    idea = await read.one(store.IDEA, workspace_id, idea_id)
    if idea is not None and idea["merged_into"] is not None:
        raise Moved(f"/v1/scores/{idea['merged_into']}{place}")
    rows = await read.all(store.EXPLAIN, workspace_id, idea_id)
    if idea is None and not rows:
        raise NotFound("No idea by that id.")
    verdict = await kano.of_idea(read, workspace_id, idea_id)
    inputs = await _named(read, workspace_id, [INPUTS.validate_json(row["inputs"]) for row in rows])
    used = [id for given in inputs for each in given.values() for id in each.estimates]
    estimates = {
        row["id"]: Estimated(
            estimate_id=row["id"],
            idea_id=row["idea_id"],
            estimator=row["estimator"],
            discipline=row["discipline"],
            team_id=row["team_id"],
            value=row["value"],
            note=row["note"],
            round_id=row["round_id"],
            at=row["created_at"],
        )
        for row in (await read.all(store.ESTIMATED, workspace_id, used) if used else ())
    }
    competed = [each.competition for given in inputs for each in given.values() if each.competition is not None]
    seen = await facts.seen(read, workspace_id, [one.evidence_id for each in competed for one in each.evidence])
    scores = [_score(row, given, estimates, seen) for row, given in zip(rows, inputs, strict=True)]
    return Explanation(
        idea_id=idea_id,
        title=None if idea is None else idea["title"],
        kind=None if idea is None else idea["kind"],
        status=None if idea is None else idea["status"],
        scores=scores,
        kano=verdict,
        warnings=check([Labelled(each.model.id, each.model.framework, each.label) for each in scores], verdict),
        links=Evidence(
            demand=f"/v1/ideas/{idea_id}/demand",
            votes=f"/v1/votes?idea_id={idea_id}",
            insights=f"/v1/insights?idea_id={idea_id}",
            estimates=f"/v1/estimates?idea_id={idea_id}",
            contributions=f"/v1/contributions/{idea_id}",
            alignment=f"/v1/alignments/{idea_id}",
            competition=f"/v1/competition/{idea_id}",
            provenance=f"/v1/ideas/{idea_id}/provenance",
        ),
    )


async def _named(read: Read, workspace_id: UUID, inputs: list[dict[str, Input]]) -> list[dict[str, Input]]:
    """The same, with the names that demand policies have now. No statement where none is used."""
    policies = {
        each.demand.policy.policy_id
        for given in inputs
        for each in given.values()
        if each.demand is not None and each.demand.policy is not None
    }
    if not policies:
        return inputs
    names = {row["id"]: row["name"] for row in await read.all(store.POLICY_NAMES, workspace_id, policies)}
    return [{name: _with_name(each, names) for name, each in given.items()} for given in inputs]


def _with_name(given: Input, names: Mapping[UUID, str]) -> Input:
    if given.demand is None or given.demand.policy is None:
        return given
    policy = replace(given.demand.policy, name=names.get(given.demand.policy.policy_id))
    return replace(given, demand=replace(given.demand, policy=policy))


def _said(each: Estimated) -> Said:
    return Said(each.estimator, each.discipline, each.value, each.at)


def _score(
    row: asyncpg.Record, given: Mapping[str, Input], estimates: Mapping[UUID, Estimated], seen: Mapping[UUID, Any]
) -> Score:
    framework = FRAMEWORKS[row["framework"]]
    parameters = framework.parameters.model_validate_json(row["parameters"])
    explained = framework.explain({name: each.value for name, each in given.items()}, parameters)
    recipe = parameters.recipe()
    return Score(
        id=row["id"],
        model=ScoringModel(
            id=row["model_id"],
            name=row["model_name"],
            framework=framework.name,
            formula=recipe.formula,
            version=row["model_version"],
        ),
        state=row["state"],
        value=row["value"],
        label=explained.label,
        missing=from_json(row["missing"]),
        start=explained.start,
        steps=list(explained.steps),
        # In the order of the formula, which jsonb does not keep.
        inputs={
            name: ScoreInput(
                source=given[name].source,
                value=given[name].value,
                unit=declared.unit,
                words=in_words(name, given[name], [_said(estimates[id]) for id in given[name].estimates]),
                estimates=[estimates[id] for id in given[name].estimates],
                raw=given[name].raw,
                corrections=list(given[name].corrected or ()),
                demand=given[name].demand,
                alignment=given[name].alignment,
                competition=_competition(given[name], seen),
                survey=given[name].survey,
                problem=explained.factors[name].problem,
                flags=_flags(given[name], explained.factors[name]),
                contribution=explained.factors[name].contribution,
            )
            for name, declared in recipe.inputs.items()
        },
        cause=MovedBy(kind=row["cause"], id=row["cause_id"], words=WHY[row["cause"]], at=row["computed_at"]),
        version=row["version"],
        digest=row["digest"],
        intact=row["intact"],
    )


def _competition(given: Input, seen: Mapping[UUID, Any]) -> Competition | None:
    return None if given.competition is None else counted(given.competition, seen, facts.today())


def _flags(given: Input, factor: Factor) -> list[Flag | Literal["small_sample"]]:
    few: list[Flag | Literal["small_sample"]] = ["small_sample"]
    return [*factor.flags, *(few if given.survey is not None and given.survey.small_sample else ())]
