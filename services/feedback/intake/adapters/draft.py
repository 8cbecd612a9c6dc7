"""A response in the making: where a vendor's parts meet the connection's rules."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.normalized import (
    KANO,
    Answer,
    JsonValue,
    Kind,
    Person,
    Response,
    Rules,
    Value,
)

TEXT_LIMIT = 20_000
RELEASE = "release"
"""The hidden field that tells the release which the answers are about; the rule `release` names another one."""
_SCORES = frozenset((Kind.NPS, Kind.CSAT, Kind.CES, Kind.RATING, Kind.NUMBER, Kind.IMPORTANCE, Kind.SATISFACTION))
_RATINGS = frozenset((Kind.IMPORTANCE, Kind.SATISFACTION))
_KANO_KINDS = frozenset((Kind.KANO_FUNCTIONAL, Kind.KANO_DYSFUNCTIONAL))
# The usual wordings of the five answers, each by a word that the other four do not have. "I like it that way", "It must
# be that way", "I am neutral", "I can live with it that way", "I dislike it that way"; the order matters: dislike
# holds like, and "I can live with it" must not be read by a later word.
_KANO_WORDS = (
    (re.compile(r"\bdislike|\bdon.?t like|\bhate"), "dislike"),
    (re.compile(r"\blive with|\btolerat|\bput up with"), "tolerate"),
    (re.compile(r"\bneutral|\bindifferent|\bdon.?t care|\bno opinion"), "neutral"),
    (re.compile(r"\bmust|\bexpect|\bneed"), "expect"),
    (re.compile(r"\blike|\blove|\benjoy|\bdelight"), "like"),
)
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def turned(kind: Kind, value: Value) -> Value | None:
    """The value as that kind wants it, or None when it cannot be. A single choice counts as its label."""
    if isinstance(value, tuple):
        if kind is Kind.CATEGORICAL:
            return value
        if kind is not Kind.TEXT and len(value) != 1:
            return None
        value = ", ".join(value)
    if kind in _SCORES:
        return reading.led(value)
    words = reading.text(value)
    if kind in _KANO_KINDS:
        return _kano(words)
    match kind:
        case Kind.CATEGORICAL:
            return (words,) if words else None
        case Kind.BOOLEAN:
            return _BOOLEANS.get((words or "").strip().lower())
        case Kind.DATE:
            return reading.date(words)
        case _:
            return words


def _kano(words: str | None) -> str | None:
    """One of KANO: by its name, its number from 1 to 5, or the usual wordings."""
    found = (words or "").strip().lower()
    if found in KANO:
        return found
    if found in ("1", "2", "3", "4", "5"):
        return KANO[int(found) - 1]
    return next((answer for pattern, answer in _KANO_WORDS if pattern.search(found[:200])), None)


class Draft:
    """Collects one response: vendor modules say what they found, the rules say what it means."""

    __slots__ = (
        "_account",
        "_answers",
        "_contact",
        "_email",
        "_flags",
        "_hidden",
        "_ideas",
        "_need",
        "_roles",
        "_rules",
        "_words",
    )

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._roles = {rules.contact, rules.account, rules.idea, rules.need, rules.release} - {None}
        self._answers: dict[str, Answer] = {}
        self._hidden: dict[str, str] = {}
        self._words: list[str] = []
        self._flags: dict[str, None] = {}
        self._ideas: tuple[str, ...] = ()
        self._need: str | None = None
        self._account: str | None = None
        self._contact: str | None = None
        self._email: str | None = None

    @property
    def rules(self) -> Rules:
        """The connection's rules."""
        return self._rules

    def expects(self, *names: JsonValue) -> Kind | None:
        """The kind that a rule wants of the question with these names."""
        return self._kind(_names(names))

    @property
    def ideas(self) -> tuple[str, ...]:
        """What the rule `idea` has found so far."""
        return self._ideas

    @property
    def silent(self) -> bool:
        """Whether nobody has said anything yet: no words, no answers."""
        return not (self._answers or self._words)

    @property
    def empty(self) -> bool:
        """Whether nothing at all has been found yet."""
        return not (self._answers or self._hidden or self._words)

    def flag(self, name: str) -> None:
        """Remember that something could not be read or applied."""
        self._flags[name] = None

    def time(self, value: JsonValue) -> datetime | None:
        """The moment in UTC; what is wrong with it becomes a flag, never a failure."""
        found, flag = reading.moment(value)
        if flag:
            self.flag(flag)
        return found

    def email(self, value: JsonValue) -> None:
        """Offer an address of the respondent; the first good one counts."""
        self._email = self._email or reading.email(value)

    def words(self, text: str | None) -> None:
        """Add to the verbatim."""
        if text and (trimmed := text.strip()):
            self._words.append(trimmed)

    def hide(self, value: JsonValue, *names: JsonValue) -> None:
        """A field that came along unasked, under the first usable name. A rule may make a question of it."""
        known = _names(names)
        found = reading.texts(value)
        if not known or not found:
            return
        if self._kind(known):
            self.answer(Kind.CATEGORICAL, found, *names)
            return
        self._assign(known, found)
        if known[0].lower() == "email":
            self.email(found[0])
        self._hidden.setdefault(reading.bounded(known[0]), ", ".join(found))

    def answer(
        self,
        kind: Kind,
        value: Value | None,
        *names: JsonValue,
        label: JsonValue = None,
        choice_ids: tuple[str, ...] = (),
        words: str | None = None,
    ) -> None:
        """An answered question: the vendor's kind and value (None: could not be read), its id, then other names for it.

        `words`: what of it the respondent wrote freely. A rule for the id, a name or the label decides the kind.
        """
        title = reading.text(label)
        known = _names((*names, title))
        if value is None or not known:
            self.flag("answer_unreadable")
            # A question without a name has no answer of its own; what somebody wrote counts all the same.
            self.words(words)
            return
        if value in ("", ()):
            return
        ruled = self._kind(known)
        if ruled:
            fitting = turned(ruled, value)
            if fitting is None:
                self.flag("rule_not_applied")
            elif ruled is Kind.TEXT:
                kind, value, words = ruled, fitting, str(fitting)
            elif ruled is not kind:
                kind, value, words = ruled, fitting, None
        if kind is Kind.NPS and value not in range(11):
            self.flag("nps_out_of_range")
            kind = Kind.NUMBER
        if kind is Kind.DATE and reading.date(value) is None:
            self.flag("date_unreadable")
            kind = Kind.TEXT
        key = reading.bounded(known[0])
        if key in self._answers:
            self.flag("answer_repeated")
        if not self._assign(known, value) or ruled is Kind.TEXT:
            self.words(words)
        scale = self._scale(known)
        if scale and isinstance(value, float) and not scale[0] <= value <= scale[1]:
            self.flag("out_of_scale")
        self._answers[key] = Answer(key, kind, value, title, choice_ids, self._told(self._rules.about, known), scale)

    def untyped(self, value: JsonValue, *names: JsonValue, label: JsonValue = None, free: bool = True) -> None:
        """An answer whose vendor tells no type: taken by its JSON type. `free`: a string is the respondent's own words.

        Objects become one answer per entry, keyed `question/entry`; null is unanswered.
        """
        if isinstance(value, dict):
            for key, entry in value.items():
                if not isinstance(entry, dict):
                    path = [f"{name}/{key}" for name in _names(names)]
                    self.untyped(entry, *path, label=label, free=free)
        elif isinstance(value, bool):
            self.answer(Kind.BOOLEAN, value, *names, label=label)
        elif isinstance(value, int | float):
            self.answer(Kind.NUMBER, reading.number(value), *names, label=label)
        elif isinstance(value, list):
            if found := reading.texts(value):
                self.answer(Kind.CATEGORICAL, found, *names, label=label)
        elif value:
            found = reading.clean(value)
            self.answer(Kind.TEXT, found, *names, label=label, words=found if free else None)

    def finish(
        self,
        record_key: str,
        *,
        submitted_at: datetime | None = None,
        changed_at: datetime | None = None,
        rank: int = 0,
        source_name: JsonValue = None,
        source_url: JsonValue = None,
        language: JsonValue = None,
        external_id: JsonValue = None,
        account_external_id: JsonValue = None,
        name: JsonValue = None,
        respondent_id: JsonValue = None,
        attributes: Mapping[str, JsonValue] | None = None,
        partial: bool = False,
    ) -> Response:
        """The response. `rank` orders events of one record that bear the same `changed_at` (created before updated)."""
        text = "\n\n".join(self._words)
        if len(text) > TEXT_LIMIT:
            self.flag("text_cut")
        person = Person(
            self._contact or reading.identifier(external_id),
            self._email,
            reading.name(name),
            self._account or reading.identifier(account_external_id),
            reading.identifier(respondent_id),
            self._attributes(attributes or {}),
        )
        return Response(
            record_key,
            text[:TEXT_LIMIT],
            tuple(map(self._placed, self._answers.values())),
            person if person != _NOBODY else None,
            submitted_at,
            (changed_at - _EPOCH) // _MICROSECOND + rank if changed_at else None,
            reading.name(source_name),
            reading.link(source_url),
            reading.language(language),
            self._hidden,
            self._ideas,
            tuple(self._flags),
            partial,
        )

    def _placed(self, answer: Answer) -> Answer:
        """The answer with the need that the whole response is about, where it rates one and says nothing else."""
        if self._need is None or answer.about is not None or answer.kind not in _RATINGS:
            return answer
        return replace(answer, about=self._need)

    def _told(self, told: Mapping[str, str], known: list[str]) -> str | None:
        return next((told[name] for name in known if name in told), None) if told else None

    def _scale(self, known: list[str]) -> tuple[float, float] | None:
        scales = self._rules.scales
        found = next((scales[name] for name in known if name in scales), None) if scales else None
        return (found.low, found.high) if found else None

    def _kind(self, known: list[str]) -> Kind | None:
        questions = self._rules.questions
        for one in known if questions else ():
            if one in questions:
                return questions[one]
        return None

    def _assign(self, known: list[str], value: Value) -> bool:
        """Give account, contact, release, idea and need their values; whether it was one of them, and no statement."""
        if self._roles.isdisjoint(known):
            return False
        rules = self._rules
        values = value if isinstance(value, tuple) else reading.texts(value)
        first = values[0] if values else None
        if rules.contact in known:
            self._contact = self._contact or reading.identifier(first)
        if rules.account in known:
            self._account = self._account or reading.identifier(first)
        if rules.release in known and first:
            self._hidden.setdefault(RELEASE, reading.bounded(first))
        if rules.idea in known:
            self._ideas = self._ideas or tuple(found for one in values if (found := reading.name(one)))
        if rules.need in known:
            self._need = self._need or reading.name(first)
        return True

    def _attributes(self, found: Mapping[str, JsonValue]) -> dict[str, str]:
        kept: dict[str, str] = {}
        for key, entry in found.items():
            known, value = reading.clean(key), reading.text(entry)
            if value is None:
                continue
            if not 0 < len(known) <= 100 or len(value) > 2_000 or len(kept) == 50:
                self.flag("attributes_dropped")
                continue
            kept[known] = value
        return kept


_NOBODY = Person()


def _names(names: tuple[JsonValue, ...]) -> list[str]:
    return [found for one in names if (found := reading.word(one))]
