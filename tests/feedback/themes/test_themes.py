"""Themes of feedback: off by default, repeatable, and no more than what the words say."""

import random

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.app import create_app
from services.feedback.themes import grouping
from tests.builders import Api, client
from tests.depth import examples
from tests.feedback.given import made
from tests.servers import World, lifespan

TOPICS = {
    "export": ["export the list as csv", "csv export fails", "a csv export of invoices", "export csv nightly"],
    "login": ["login with okta", "okta login loops", "our login needs okta", "login through okta hangs"],
}
NOISE = ["lovely weather", "hello there", "?"]


def test_texts_with_the_same_rare_words_are_a_theme() -> None:
    texts = [text for topic in TOPICS.values() for text in topic] + NOISE
    order = list(range(len(texts)))
    for seed in range(3):
        random.Random(seed).shuffle(order)
        found = grouping.group([texts[at] for at in order], 10)
        assert [len(theme.members) for theme in found] == [4, 4]
        assert {frozenset(theme.words[:2]) for theme in found} == {
            frozenset(("csv", "export")),
            frozenset(("login", "okta")),
        }
        assert {frozenset(texts[order[at]] for at in theme.members) for theme in found} == set(
            map(frozenset, TOPICS.values())
        )


@examples(15)
@given(st.lists(st.text(alphabet="ab é漢", max_size=12), max_size=30), st.integers(1, 5))
def test_any_texts_can_be_grouped_and_again_the_same(texts: list[str], most: int) -> None:
    found = grouping.group(texts, most)
    assert found == grouping.group(texts, most)
    members = [at for theme in found for at in theme.members]
    assert len(members) == len(set(members))
    assert len(found) <= most
    assert all(len(theme.members) >= grouping.LEAST_TEXTS for theme in found)


async def test_themes_are_off_until_switched_on(api: Api, world: World) -> None:
    for text in (*TOPICS["export"], *TOPICS["login"], *NOISE):
        await made(await api.feedback.post("/v1/feedback", json={"text": text}))
    refused = await api.feedback.post("/v1/themes", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "themes_off")
    app = create_app(world.settings("feedback", themes=True, role="api"))
    async with lifespan(app), client(app, api.key) as asked:
        found = await made(await asked.post("/v1/themes", json={"days": 1}), 200)
    assert [(theme["feedback"], set(theme["words"][:2])) for theme in found["themes"]] in (
        [(4, {"export", "csv"}), (4, {"login", "okta"})],
        [(4, {"login", "okta"}), (4, {"export", "csv"})],
    )
    assert (found["read"], found["unthemed"]) == (11, 3)
    assert len(found["themes"][0]["examples"]) == 3
