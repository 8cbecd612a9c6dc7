"""Calibration: outcomes held against what had been estimated, and the corrections that are made of it.

An outcome names the moment of the prediction; the estimates that were current at that moment are held against it, so
that none made with hindsight counts. Estimates are never changed or deleted: the same outcomes give the same figures,
as long as the same ideas are one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from services.scoring.actuals import domain as actuals
from services.scoring.calibration import store
from services.scoring.calibration.accuracy import Accuracy, Reliability, accuracy, reliability
from services.scoring.frameworks import FRAMEWORKS, FrameworkName
from services.scoring.scores.inputs import mean, sought
from shared.database import Read, Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.ids import new_id

MOST = 1_000
"""Outcomes that are looked at: the newest."""
Kind = Literal["amount", "event"]
Basis = Literal["amounts", "events", "efforts"]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an input turned out to be; without an actual: not known any more."""

    idea_id: UUID
    input: str
    kind: Kind
    actual: float | None
    predicted_at: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """What was estimated of an idea, by whom, and what came of it. `values` has one for each estimator."""

    idea_id: UUID
    values: Sequence[float]
    teams: Sequence[UUID | None]
    labels: Sequence[str | None]
    """The discipline of each estimator; of work, the skill."""
    actual: float

    def estimate(self, team_id: UUID | None = None, label: str | None = None) -> float | None:
        """The mean of a team's, of a discipline's, or of all; None: they gave none."""
        theirs = [
            value
            for value, team, said in zip(self.values, self.teams, self.labels, strict=True)
            if team_id in {None, team} and label in {None, said}
        ]
        return mean(theirs) if theirs else None


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs of one team, of one discipline or skill, or of all."""

    team_id: UUID | None
    label: str | None
    figures: Accuracy | Reliability


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far estimates of an input were off."""

    whole: Group
    teams: Sequence[Group]
    labels: Sequence[Group]
    not_probabilities: int
    """Of events: those whose estimate is not from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """An input of a model, and what came of its estimates."""

    name: str
    input: str
    """The `input` of its estimates."""
    basis: Basis
    pairs: Sequence[Pair]


@dataclass(frozen=True, slots=True)
class Model:
    """A model by what is estimated for it."""

    name: str
    framework: FrameworkName
    revision: int
    inputs: Sequence[Predicted]


async def set_outcomes(tx: Tx, workspace_id: UUID, drafts: Sequence[Draft], by: str) -> None:
    """Say what inputs turned out to be. Invalid for doubles, and for a prediction that is still to be made."""
    seen: set[tuple[UUID, str]] = set()
    wrong: list[FieldError] = []
    now = datetime.now(UTC)
    for place, draft in enumerate(drafts):
        if (draft.idea_id, draft.input) in seen:
            wrong.append(FieldError(f"/body/outcomes/{place}", "is there further up already"))
        if draft.predicted_at is not None and draft.predicted_at > now:
            wrong.append(FieldError(f"/body/outcomes/{place}/predicted_at", "is in the future"))
        seen.add((draft.idea_id, draft.input))
    if wrong:
        raise Invalid(errors=wrong)
    ideas, inputs = [draft.idea_id for draft in drafts], [draft.input for draft in drafts]
    figures = [draft.actual for draft in drafts]
    await tx.run(store.CLEAR, workspace_id, ideas, inputs, figures)
    await tx.run(
        store.SET,
        workspace_id,
        [new_id() for _ in drafts],
        ideas,
        inputs,
        [draft.kind for draft in drafts],
        figures,
        [draft.predicted_at for draft in drafts],
        [draft.note for draft in drafts],
        by,
    )


async def model(read: Read, workspace_id: UUID, model_id: UUID) -> Model:
    """A model, active or not, and what came of the estimates that it reads. NotFound.

    Outcomes say themselves whether they are amounts or events; an input that has both is there twice.
    """
    row = await read.one(store.MODEL, workspace_id, model_id)
    if row is None:
        raise NotFound("No model by that id.")
    framework = FRAMEWORKS[row["framework"]]
    parameters = framework.parameters.model_validate_json(row["parameters"])
    inputs: list[Predicted] = []
    for each in sought(parameters):
        if each.computed:
            continue
        amounts = await pairs(read, workspace_id, each.estimated_as, "amounts")
        events = await pairs(read, workspace_id, each.estimated_as, "events")
        if amounts or not events:
            inputs.append(Predicted(each.name, each.estimated_as, "amounts", amounts))
        if events:
            inputs.append(Predicted(each.name, each.estimated_as, "events", events))
    return Model(row["name"], framework.name, row["revision"], inputs)


async def pairs(read: Read, workspace_id: UUID, input: str, basis: Basis) -> list[Pair]:
    """What was estimated and what came of it, as far as both are known."""
    if basis == "efforts":
        return [
            # Who shared the work shares no ratio: nobody knows whose part took longer.
            Pair(
                each.idea_id,
                [each.expected],
                [each.teams[0] if len(each.teams) == 1 else None],
                [each.skill],
                each.actual,
            )
            for each in await actuals.finished(read, workspace_id)
        ]
    kind: Kind = "amount" if basis == "amounts" else "event"
    rows = await read.all(store.PREDICTED, workspace_id, input, kind, MOST)
    return [Pair(row["idea_id"], row["values"], row["teams"], row["disciplines"], row["actual"]) for row in rows]


def calibrate(found: Sequence[Pair], basis: Basis, k: float) -> Calibration:
    """The figures of all pairs, of each team's and of each discipline's or skill's. Pure."""
    teams = sorted({team for pair in found for team in pair.teams if team is not None})
    labels = sorted({label for pair in found for label in pair.labels if label is not None})
    whole = taken(found)
    off = 0 if basis != "events" else sum(not 0 <= estimate <= 1 for _, estimate, _ in whole)
    return Calibration(
        Group(None, None, figures(whole, basis, k)),
        [Group(team, None, figures(taken(found, team), basis, k)) for team in teams],
        [Group(None, label, figures(taken(found, label=label), basis, k)) for label in labels],
        off,
    )


def taken(
    found: Sequence[Pair], team_id: UUID | None = None, label: str | None = None
) -> list[tuple[UUID, float, float]]:
    """Of each idea the estimate of a team, of a discipline, or of all, and the actual."""
    made: list[tuple[UUID, float, float]] = []
    for pair in found:
        estimate = pair.estimate(team_id, label)
        if estimate is not None:
            made.append((pair.idea_id, estimate, pair.actual))
    return made


def figures(made: Sequence[tuple[UUID, float, float]], basis: Basis, k: float) -> Accuracy | Reliability:
    """How far they were off. Of events, an estimate that is no probability is left out."""
    if basis == "events":
        return reliability([(estimate, actual == 1) for _, estimate, actual in made if 0 <= estimate <= 1], k)
    return accuracy([(estimate, actual) for _, estimate, actual in made], k)
