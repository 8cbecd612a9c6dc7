"""Languages are known where they can be told, and filled in behind the door."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from services.feedback.texts import store
from services.feedback.texts.language import language_of
from services.feedback.texts.worker import know_some
from tests.builders import Api, eventually
from tests.feedback.given import Databases, made

TEXTS = {
    "I can't get my numbers out at month end.": "en",
    "Die Ausfuhr ist am Monatsende sehr langsam und wir warten.": "de",
    "L'export est très lent à la fin du mois": "fr",
    "Экспорт очень медленный в конце месяца": "ru",
    "ok, csv!": None,
    "12345 67890 11111 22222": None,
    # Neighbours are told apart.
    "Eksport danych jest bardzo wolny i potrzebujemy poprawy": "pl",
    "Експорт дуже повільний, будь ласка, виправте": "uk",
    "Prosím přidejte export do CSV, je to pomalé": "cs",
    "日本語のエクスポートが遅いです。とても困っています。": "ja",
    "내보내기가 너무 느립니다. CSV 지원을 추가해 주세요": "ko",
    "Vui lòng thêm tính năng xuất CSV": "vi",
    "إضافة ميزة التصدير إلى ملف من فضلكم": "ar",
    "אנא הוסיפו ייצוא לקובץ": "he",
    # Nobody uses products in Latin.
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod": None,
}


def test_languages_are_told_or_left_open() -> None:
    assert {text: language_of(text) for text in TEXTS} == TEXTS


async def test_feedback_without_a_language_gets_one(api: Api, database: Databases) -> None:
    feedback = await database("feedback")
    ids: dict[str, str] = {}
    for text in TEXTS:
        ids[text] = (await made(await api.feedback.post("/v1/feedback", json={"text": text})))["id"]
    said = {"text": "Das hier ist auf Deutsch geschrieben worden.", "language": "en"}
    kept = (await made(await api.feedback.post("/v1/feedback", json=said)))["id"]
    async with feedback.system() as tx:
        await tx.run(store.BEGIN)
        # Where this test begins: what others have written before is not gone over again.
        first = await tx.value("select min(seq) - 1 from events where workspace_id = $1", api.workspace_id)
        await tx.run(store.ADVANCE, first)
    runtime = cast("Any", SimpleNamespace(database=feedback))
    assert not await know_some(runtime), "what is younger than a transaction may be is left for later"

    async def shown(id: str) -> Any:
        return (await api.feedback.get(f"/v1/feedback/{id}")).json()

    async def known() -> bool:
        """The service's own worker may have the log just now."""
        while await know_some(runtime, limit=4, settled=timedelta(0)):
            pass
        return {text: (await shown(id))["language"] for text, id in ids.items()} == TEXTS

    await eventually(known)
    assert (await shown(kept))["language"] == "en"
    assert {(await shown(id))["version"] for id in ids.values()} == {1}
