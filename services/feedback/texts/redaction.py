"""Takes what obviously identifies a person out of a text before it is shown outside.

Addresses, phone numbers, bank accounts, cards, network addresses and links that carry a secret become `[email]`,
`[phone]` and so on. Numbers are believed only with the check that their kind has (Luhn, mod 97, a numbering plan), or
written as nothing else is, so that versions, prices, dates and order numbers stay. Names go where they are signed with
or known to be the writer's, addresses where they are a street with its number (`people`). It is a net, not a proof: a
name in passing stays.

Every pattern starts at a place where its kind can begin and never gives back what it took, so that time grows with the
text and no faster, whatever somebody sends.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import AddressValueError, IPv6Address
from typing import Any, Literal, NamedTuple, cast

import phonenumbers
from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from services.feedback.texts import people

Kind = Literal["link", "email", "iban", "card", "phone", "ip", "name", "address"]
Span = tuple[int, int]

PASSES = 8
"""A text is gone over until nothing is found: what stood beside something that was taken out may stand free now."""
MOST_CHECKED = 40
"""Of each kind, what a text may have checked one by one; of more, all that looks like it is taken out unchecked. Nobody
writes that many, and whoever does shall not have us look up thousands."""
TRUNK_COUNTRIES = ("GB", "DE", "FR", "IT", "NL", "BE", "CH", "AT", "ES", "SE", "AU", "JP", "IN", "BR", "PL")
"""Where numbers are written with a leading zero, or bare, by people who write to product teams."""


class Redacted(NamedTuple):
    """A text as it may be shown, and how much of each kind was taken out."""

    text: str
    found: dict[Kind, int]


_LINK = re.compile(r"(?<![A-Za-z])https?://[^\s<>\"']++", re.IGNORECASE)
# In the query or the fragment: names that carry what opens something. Or a user and a password before the host.
_SECRET = re.compile(
    r"[?&#;](?:[\w-]{0,20}(?:token|secret|signature|password|passwd|session|api[_-]?key)|sig|auth|key|code|jwt|otp|pwd"
    r"|sid)=[^&#;]{4}",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"https?://[^/?#\s@]{1,200}@", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]++@[\w-]++(?:\.[\w-]++)++")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_CARD = re.compile(r"(?<![\d.,])[2-6]\d{3}(?:[ -]?\d){8,15}(?!\d)")
_ABROAD = re.compile(r"(?<![\w+])(?:\+|00)[ ]?\(?[1-9](?:[ ()./-]{0,3}\d){6,14}(?!\d)")
_TRUNK = re.compile(r"(?<![\w+.,/:-])\(?0[1-9]\d{0,4}\)?(?:[ ./-]{0,3}\d){5,10}(?![\d:])")
# North America writes three, three and four.
_THREES = re.compile(r"(?<![\w+.,/:-])(?:1[ .-])?\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}(?![\d-])")
# Nobody writes anything else like this, whether or not the plan knows the number: (555) 123-4567, 555-123-4567.
_WRITTEN = re.compile(
    r"(?<![\w+.,/:-])(?:1[ .-])?(?:\(\d{3}\)[ ]?\d{3}[ .-]|\d{3}(?P<mark>[.-])\d{3}(?P=mark))\d{4}(?![\w-]|[.,:/]\d)"
)
_THOUSANDS = re.compile(r"\+\d{1,3}(?:[ .]\d{3})+|\+\d+000")
_DATE = re.compile(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{4}(?!\d)|\d{2}[-/. ]\d{2}[-/. ]\d{2}(?!\d)(?![-/. ]\d)")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_VERSION = re.compile(r"(?:\bv|version|versions|release|build|firmware|ver)[ .:]{0,2}$", re.IGNORECASE)
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){4,7}(?![\w:])")
# A short one begins like an address of somebody, and so is no `std::` and no time of day.
_IPV6_SHORT = re.compile(
    r"(?<![\w:.])(?:[23]\d[0-9A-Fa-f]{2}|[Ff](?:[CcDd]\d|[Ee]8)[0-9A-Fa-f]{1,2})"
    r"(?::[0-9A-Fa-f]{1,4}){0,5}:(?::[0-9A-Fa-f]{1,4}){1,6}(?![\w:])"
)
_SAID_IP = re.compile(r"\bIP(?:v4)?(?:[ -]addresse?)?(?: is| was)?[ :=#]{1,3}$", re.IGNORECASE)
_AT_HOME = ((10, 0), (127, 0))


def redact(text: str, known: Iterable[str] = ()) -> Redacted:
    """The text without what obviously identifies a person. Redacting it again changes nothing.

    `known`: names and e-mail addresses of whoever wrote it.
    """
    found: dict[Kind, int] = {}
    names = people.names_of(known)
    for _ in range(PASSES):
        spans = list(_spans(text, names))
        if not spans:
            break
        parts: list[str] = []
        end = 0
        for (start, stop), kind in spans:
            parts += (text[end:start], f"[{kind}]")
            end = stop
            found[kind] = found.get(kind, 0) + 1
        text = "".join((*parts, text[end:]))
    return Redacted(text, found)


def redacted(text: str, known: Iterable[str] = ()) -> str:
    """The text alone, as it may be shown."""
    return redact(text, known).text


def _spans(text: str, names: re.Pattern[str] | None) -> Iterator[tuple[Span, Kind]]:
    """What is to go, in order and without overlap; of what begins together, the kind that is named first."""
    taken: list[tuple[int, int, int, Kind]] = []
    if "@" in text or "://" in text or any(map(str.isdigit, text)):
        for rank, (kind, find) in enumerate(_FINDERS):
            taken.extend((start, rank, stop, kind) for start, stop in find(text))
        taken.extend((start, len(_FINDERS), stop, "address") for start, stop in people.streets(text))
    for start, stop in (*people.signatures(text), *people.known_names(text, names)):
        taken.append((start, len(_FINDERS) + 1, stop, "name"))
    end = 0
    for start, _, stop, kind in sorted(taken):
        if start >= end:
            yield (start, stop), kind
            end = stop


def _links(text: str) -> Iterator[Span]:
    for match in _LINK.finditer(text):
        if _SECRET.search(match[0]) or _USERINFO.match(match[0]):
            # The comma after it is the sentence's.
            yield match.start(), match.start() + len(match[0].rstrip(".,;:!?)]}"))


def _emails(text: str) -> Iterator[Span]:
    return (match.span() for match in _EMAIL.finditer(text))


def _ibans(text: str) -> Iterator[Span]:
    checked = 0
    match = _IBAN.search(text)
    while match is not None:
        checked += 1
        stop = _end_of_iban(match[0]) if checked <= MOST_CHECKED else len(match[0])
        if stop:
            yield match.start(), match.start() + stop
        # What follows may have been taken for a part of it.
        match = _IBAN.search(text, match.start() + (stop or 4))


def _end_of_iban(run: str) -> int:
    """How much of a run is an account number: its longest beginning that the check believes; 0 when none is."""
    for stop in range(len(run), 14, -1):
        plain = re.sub(r"[ -]", "", run[:stop]).upper()
        if run[stop - 1].isalnum() and not run[stop : stop + 1].isalnum() and _is_iban(plain):
            return stop
    return 0


def _is_iban(plain: str) -> bool:
    # Half of an account number are digits at least, which words are not.
    return (
        len(plain) >= 15
        and plain.isascii()
        and 2 * sum(map(str.isdigit, plain)) >= len(plain)
        and mod_97_10.is_valid(plain[4:] + plain[:4])
    )


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", match[0])
        if len(digits) in _card_lengths(digits) and len(set(digits)) > 1 and luhn.is_valid(digits):
            yield match.span()


def _card_lengths(digits: str) -> tuple[int, ...]:
    """How long a card number is that begins like this: the issuers' ranges, and nothing else."""
    two, four = int(digits[:2]), int(digits[:4])
    if digits[0] == "4":
        return (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return (16,)
    if two in {34, 37}:
        return (15,)
    if two in {36, 38, 39} or 3000 <= four <= 3059:
        return (14, 16)
    if four == 6011 or two in {62, 64, 65} or 3528 <= four <= 3589:
        return (16, 19)
    return ()


def _phones(text: str) -> Iterator[Span]:
    checked = 0
    for pattern, countries in ((_ABROAD, (None,)), (_TRUNK, TRUNK_COUNTRIES), (_THREES, ("US",))):
        for match in pattern.finditer(text):
            if pattern is not _THREES and _no_phone(match[0]):
                continue
            checked += 1
            number = re.sub(r"^00", "+", match[0]) if pattern is _ABROAD else match[0]
            if checked > MOST_CHECKED or _written(match[0]) or any(_dialled(number, each) for each in countries):
                yield match.span()
    yield from (match.span() for match in _WRITTEN.finditer(text))


def _written(run: str) -> bool:
    """Whether a run is a number with its country by the look of it: a plus, and ten digits that are no thousands."""
    return run[0] == "+" and 10 <= sum(map(str.isdigit, run)) <= 15 and not _THOUSANDS.fullmatch(run)


def _no_phone(run: str) -> bool:
    """A date, or too short for a number that is written with its area."""
    return bool(_DATE.match(run.lstrip("("))) or sum(map(str.isdigit, run)) < 9


def _dialled(number: str, country: str | None) -> bool:
    """Whether somebody can have this number: in its country's numbering plan."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, country))
    except phonenumbers.NumberParseException:
        return False


def _addresses(text: str) -> Iterator[Span]:
    for match in _IPV4.finditer(text):
        parts = [int(part) for part in match[0].split(".")]
        # A version has four parts at times: small ones, or it says so.
        said = text[max(0, match.start() - 20) : match.start()]
        large = sum(part >= 10 for part in parts) >= 2 or (parts[0], parts[1]) in _AT_HOME or _SAID_IP.search(said)
        if max(parts) <= 255 and large and not _VERSION.search(said):
            yield match.span()
    for match in (*_IPV6.finditer(text), *_IPV6_SHORT.finditer(text)):
        try:
            address = IPv6Address(match[0])
        except AddressValueError:
            continue
        if address.is_global or address.is_private:
            yield match.span()


_FINDERS: tuple[tuple[Kind, Callable[[str], Iterator[Span]]], ...] = (
    ("link", _links),
    ("email", _emails),
    ("iban", _ibans),
    ("card", _cards),
    ("ip", _addresses),
    ("phone", _phones),
)


def redacted_json(value: Any, known: Sequence[str] = ()) -> Any:
    """A JSON value with its texts as they may be shown. The names of fields stay."""
    if isinstance(value, str):
        return redacted(value, known)
    if isinstance(value, list):
        return [redacted_json(each, known) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: redacted_json(each, known) for name, each in cast("dict[str, Any]", value).items()}
    return value
