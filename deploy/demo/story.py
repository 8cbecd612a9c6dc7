"""The whole loop in order."""

import time

from deploy.demo import inflow, outflow, ranking
from deploy.demo.provenance import provenance
from deploy.demo.scene import Scene

STEPS = (
    inflow.customers,
    inflow.ideas,
    inflow.model,
    inflow.surveys,
    inflow.rest,
    inflow.bulk,
    inflow.votes,
    ranking.ranking,
    ranking.burst,
    outflow.plan,
    outflow.page,
    outflow.ship,
    provenance,
)


async def tell(scene: Scene) -> None:
    """Take every step. Raises Unexpected at the first thing that is not as it should be."""
    began = time.perf_counter()
    for step in STEPS:
        await step(scene)
    p50, p99 = (ranking.at(scene.pace.moved, share) * 1000 for share in (0.5, 0.99))
    scene.terminal.say()
    scene.terminal.title(f"From webhook to moved score: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    scene.terminal.say(
        f"{len(scene.pace.moved)} webhooks at {ranking.RATE} a second, timed by a caller that asked for the ranking "
        f"every {scene.pace.looked_every * 1000:.0f} ms"
    )
    scene.terminal.title(f"All of it held: {scene.terminal.checks} checks in {time.perf_counter() - began:.0f} s")
