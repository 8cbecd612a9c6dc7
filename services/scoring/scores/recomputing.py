"""Whether every stored score is what its inputs give: asked after a rebuild, and by whoever doubts it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from services.scoring.scores import store
from services.scoring.scores.domain import CHUNK, INPUTS, active_models, compute
from shared.database import Read
from shared.paging import FIRST


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored score that is not what its inputs give. None: there is none."""

    model_id: UUID
    idea_id: UUID
    stored: Mapping[str, Any] | None
    computed: Mapping[str, Any] | None


async def recompute(read: Read, workspace_id: UUID) -> list[Difference]:
    """Compute every score of a workspace from its stored inputs and list those that are stored otherwise.

    Empty when all is well. While scores move, those that are moving may be listed. Those of merged ideas rest.
    """
    found: list[Difference] = []
    after = FIRST
    while True:
        ideas = [row["idea_id"] for row in await read.all(store.IDEAS_AFTER, workspace_id, after, CHUNK)]
        if not ideas:
            return found
        after = ideas[-1]
        models = await active_models(read, [(workspace_id, idea_id) for idea_id in ideas])
        if models is None:
            return found
        ideas = [idea_id for idea_id in ideas if (workspace_id, idea_id) not in models.merged]
        computed = {
            (each.model_id, each.subject[1]): {
                "model_version": each.model_version,
                "state": each.state,
                "value": each.outcome.value,
                "missing": list(each.outcome.missing),
                "inputs": from_json(INPUTS.dump_json(each.inputs, exclude_none=True)),
            }
            for each in await compute(read, [(workspace_id, idea_id) for idea_id in ideas], models.active)
        }
        active = {model_id for model_id, _ in computed}
        stored = {
            (row["model_id"], row["idea_id"]): {
                "model_version": row["model_version"],
                "state": row["state"],
                "value": row["value"],
                "missing": from_json(row["missing"]),
                "inputs": from_json(row["inputs"]),
            }
            for row in await read.all(store.STORED, workspace_id, ideas)
            if row["model_id"] in active
        }
        found += [
            Difference(*key, stored.get(key), computed.get(key))
            for key in sorted(stored.keys() | computed.keys())
            if stored.get(key) != computed.get(key)
        ]
