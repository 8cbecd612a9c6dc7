"""Candidates: the first ideas of a model's ranking, or those that a caller names, with every estimate and demand.

Simulations, what-ifs and plans begin with them. They are few enough to be computed with in one request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from services.scoring.candidates import store
from services.scoring.candidates.draws import Believed, Subject
from services.scoring.facts import domain as facts
from services.scoring.frameworks import FRAMEWORKS, Framework
from services.scoring.frameworks.parameters import MEASURES, AlignmentRule, CompetitionRule, DemandRule, Parameters
from services.scoring.frameworks.spreads import Spread
from services.scoring.needs.domain import of_ideas
from services.scoring.needs.rated import Sampled, chosen, surveyed
from services.scoring.rankings.domain import best
from services.scoring.scores.corrections import Correction, corrected
from services.scoring.scores.domain import corrections, weights_of
from services.scoring.scores.inputs import Demand, Estimates, Known, Sought, demanded, resolve, sought
from shared.database import Read
from shared.errors import Conflict, FieldError, Invalid
from shared.events.feedback import IdeaKind, IdeaStatus

MOST = 500
"""Candidates of one request."""
SPREAD = TypeAdapter[Spread](Spread)


@dataclass(frozen=True, slots=True)
class Model:
    """The model that candidates are looked at with."""

    id: UUID
    name: str
    framework: Framework
    parameters: Parameters
    revision: int
    rescoring: bool
    """Whether a change of it has not reached every idea yet."""
    corrections: Sequence[Correction] = ()
    """Those in force in its workspace, for any framework."""

    def needed(self) -> list[Sought]:
        """Its inputs, with the corrections that apply to them."""
        return sought(self.parameters, self.framework.name, self.corrections)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which ideas: the first `among` of the ranking, of one kind, status or product where given, and those named."""

    among: int
    kind: str | None = None
    status: str | None = None
    product_id: UUID | None = None
    idea_ids: Sequence[UUID] = ()
    pointers: Sequence[str] = ()
    """Where each of them stands in the request; empty: in its `idea_ids`."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An idea and what is known of it."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    known: Known
    spreads: Mapping[str, Sequence[Spread | None]]
    """By input, one for each estimate; None: a point."""


async def model(read: Read, workspace_id: UUID, model_id: UUID, pointer: str = "/body/model_id") -> Model:
    """The active model that a request names. Invalid when there is none, Conflict when its scores are not kept up."""
    row = await read.one(store.MODEL, workspace_id, model_id)
    if row is None:
        raise Invalid(errors=[FieldError(pointer, "there is no model by that id")])
    if not row["active"]:
        raise Conflict("The model is not active, so its scores are not kept up.", code="model_inactive")
    framework = FRAMEWORKS[row["framework"]]
    parameters = framework.parameters.model_validate_json(row["parameters"])
    in_force = await corrections(read, workspace_id)
    return Model(row["id"], row["name"], framework, parameters, row["revision"], row["rescoring"], in_force)


async def load(read: Read, workspace_id: UUID, model_id: UUID, choice: Choice) -> list[Candidate]:
    """The candidates, those of the ranking first and in its order.

    Invalid when a named idea is not known, or was merged; Conflict where too few are far enough up.
    """
    rows = {
        row["idea_id"]: row
        for row in await best(
            read,
            workspace_id,
            model_id,
            choice.among,
            kind=choice.kind,
            status=choice.status,
            product_id=choice.product_id,
        )
    }
    if unseen := [idea_id for idea_id in dict.fromkeys(choice.idea_ids) if idea_id not in rows]:
        rows |= {row["idea_id"]: row for row in await read.all(store.NAMED, workspace_id, unseen)}
        wrong = {idea_id: "scoring knows no such idea" for idea_id in unseen if idea_id not in rows}
        # Taken for the other silently, a plan that names both would count one idea twice.
        into = {idea_id: rows[idea_id]["merged_into"] for idea_id in unseen if idea_id in rows}
        wrong |= {idea_id: f"was merged into {root}: name that one" for idea_id, root in into.items() if root}
        if wrong:
            pointers = choice.pointers or [f"/body/idea_ids/{place}" for place in range(len(choice.idea_ids))]
            raise Invalid(
                errors=[
                    FieldError(pointer, wrong[idea_id])
                    for pointer, idea_id in zip(pointers, choice.idea_ids, strict=True)
                    if idea_id in wrong
                ]
            )
    ideas = list(rows)
    # All of them, whatever the model reads: a caller may suppose another one.
    told = await facts.load(read, [(workspace_id, idea_id) for idea_id in ideas], {AlignmentRule, CompetitionRule})
    known = dict(zip(ideas, told, strict=True))
    demand = {
        row["idea_id"]: Demand({name: row[name] for name in MEASURES}, row["event_id"], row["version"])
        for row in await read.all(store.DEMAND, workspace_id, ideas)
    }
    needs = dict(zip(ideas, await of_ideas(read, [workspace_id] * len(ideas), ideas), strict=True))
    found = {
        idea_id: Candidate(
            idea_id,
            row["title"],
            row["kind"],
            row["status"],
            Known({}, demand.get(idea_id), facts=known[idea_id], needs=needs[idea_id]),
            {},
        )
        for idea_id, row in rows.items()
    }
    for place, weight in await weights_of(read, [(workspace_id, idea_id) for idea_id in ideas], None):
        found[ideas[place]].known.weights[weight.weighed.policy_id] = weight
    spreads: dict[UUID, dict[str, Sequence[Spread | None]]] = {idea_id: {} for idea_id in ideas}
    for row in await read.all(store.ESTIMATES, workspace_id, ideas):
        idea_id, name = row["idea_id"], row["input"]
        found[idea_id].known.estimates[name] = Estimates(row["ids"], row["values"], row["teams"])
        spreads[idea_id][name] = [None if each is None else SPREAD.validate_json(each) for each in row["spreads"]]
    return [
        Candidate(each.idea_id, each.title, each.kind, each.status, each.known, spreads[each.idea_id])
        for each in found.values()
    ]


def subject_of(candidate: Candidate, needed: Sequence[Sought]) -> Subject:
    """What each input of a candidate may be, by the rule of scores.

    Computed; else estimates, else surveys or demand, else missing.
    """
    inputs: dict[str, Believed] = {}
    for each in needed:
        estimated = candidate.known.estimates.get(each.estimated_as)
        if each.computed:
            value = resolve([each], candidate.known)[each.name].value
            if value is not None:
                inputs[each.name] = Believed([value], [None], counted=True)
        elif estimated is not None:
            applied = each.applied(estimated)
            inputs[each.name] = Believed(
                [corrected(*pair) for pair in zip(applied, estimated.values, strict=True)],
                candidate.spreads[each.estimated_as],
                corrections=applied,
            )
        elif each.need is not None and (found := surveyed(candidate.known.needs, each.need)) is not None:
            need = chosen(candidate.known.needs)
            assert need is not None  # surveyed
            sampled = Sampled(need.rating(each.need.measure), each.need.scale)
            inputs[each.name] = Believed([found[0]], [sampled])
        elif isinstance(each.rule, DemandRule):
            value, _ = demanded(each.rule, candidate.known)
            if value is not None:
                inputs[each.name] = Believed([value], [None], counted=True)
    return Subject(candidate.idea_id, inputs)
