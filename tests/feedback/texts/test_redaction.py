"""What identifies a person goes, what only looks like it stays, and nobody can make it slow."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.texts.redaction import Kind, redact, redacted, redacted_json

PERSONAL: dict[Kind, tuple[str, ...]] = {
    "email": ("ada@example.com", "Ada.King+news@mail.example.co.uk", "ada_1@exämple.de"),
    "phone": (
        "+49 30 901820",
        "+1 (415) 555-2671",
        "0049 30 901820",
        "(415) 555-2671",
        "415-555-2671",
        "020 7946 0958",
        "06 12 34 56 78",
        "030/901820-11",
    ),
    "iban": ("DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "fr14 2004 1010 0505 0001 3m02 606"),
    "card": ("4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"),
    "ip": ("203.0.113.77", "2001:db8:85a3:0:0:8a2e:370:7334"),
    "link": ("https://example.com/reset?token=abcdef12345", "http://ada:secret@example.com/"),
}
ORDINARY = (
    "version 1.2.3.4", "v10.20.30.40", "2.10.3", "Chrome 119.0.6045.105", "release 16.0.17.25",
    "$1,200.00", "1 200 000,00 €", "99.95 %", "0.5", "10.000.000", "+15 %", "+1000 users", "100000000",
    "2026-11-27", "27.11.2026 10:30", "01-12-2026 10:30:45", "01/12/2026", "10:30:45", "2025-2026", "05 12 26",
    "ORD-4711-0815", "123456789012", "1234567890123456", "1732690800000", "ISO 27001", "007", "0 800",
    "0190b5f0-0000-7000-8000-00000000000a", "AB12CDEFGHIJKLMN", "std::vector", "12:34:56:78",
    "https://example.com/list?page=2&sort=key", "@ada", "a @ b", "C3PO 12 34 56",
)  # fmt: skip
HOSTILE = (
    "a@" * 10_000, "a." * 10_000, "AA00" * 5_000, "4111 " * 4_000, "+1 " * 6_000, "1.1." * 5_000, "a:" * 10_000,
    "https://" * 2_500, "0" * 20_000, "+" * 20_000, "12 " * 6_000, "020 7946 0958 " * 1_400, "DE11 " * 4_000,
    "01 " * 6_600, "+49 30 9018 " * 1_600, "://1" + "?x" * 9_000, "https://a@" * 2_000, "(0)(" * 5_000,
)  # fmt: skip
WORDS = st.sampled_from(
    [
        *(each for some in PERSONAL.values() for each in some),
        *ORDINARY,
        " ",
        "-",
        "@",
        "+",
        ".",
        "0",
        "1",
        ":",
        "a",
        "é",
    ]
)


@pytest.mark.parametrize("kind", PERSONAL)
def test_what_identifies_a_person_goes(kind: Kind) -> None:
    for text in PERSONAL[kind]:
        assert redact(f"Mine is {text}, thanks.") == (f"Mine is [{kind}], thanks.", {kind: 1}), text
        assert redacted(text) == f"[{kind}]"


def test_ordinary_numbers_stay() -> None:
    for text in ORDINARY:
        assert redact(f"It says {text}, always.") == (f"It says {text}, always.", {}), text
    assert redact(", ".join(ORDINARY)).found == {}


@given(st.lists(WORDS, max_size=12).map("".join) | st.text(alphabet="0123456789+-. @:/aDE", max_size=80) | st.text())
def test_redacted_again_nothing_changes(text: str) -> None:
    once = redact(text)
    assert redact(once.text) == (once.text, {})
    assert len(once.text) <= 2 * len(text)
    assert (once.text == text) == (once.found == {})


def test_nobody_can_make_it_slow() -> None:
    """The longest text that is taken, of the worst kinds: quadratic, one of them would run for minutes."""
    began = time.process_time()
    for text in HOSTILE:
        redact(text)
    assert time.process_time() - began < 0.25 * len(HOSTILE)


def test_texts_inside_of_json() -> None:
    given = {"a@b.co": ["write to a@b.co", 1, None, {"x": True}]}
    assert redacted_json(given) == {"a@b.co": ["write to [email]", 1, None, {"x": True}]}
