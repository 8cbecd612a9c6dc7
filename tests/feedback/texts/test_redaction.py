"""What identifies a person goes, what only looks like it stays, and nobody can make it slow."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.texts.redaction import Kind, redact, redacted, redacted_json
from services.feedback.texts.remembered import Redactions

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
        # What no plan knows, and is a number all the same by how it is written.
        "555-123-4567",
        "(555) 123-4567",
        "123.456.7890",
        "1-555-123-4567",
        "+1 555 123 4567",
        "+15551234567",
        "+49 (0)30 000111",
    ),
    "iban": ("DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "fr14 2004 1010 0505 0001 3m02 606"),
    "card": ("4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"),
    "ip": (
        "203.0.113.77",
        "192.168.1.1",
        "10.0.0.1",
        "127.0.0.1",
        "2001:db8:85a3:0:0:8a2e:370:7334",
        "2001:db8::1",
        "2A02:8071:b5c0::1f",
        "fe80::1ff:fe23:4567:890a",
        "fd12:3456::7",
    ),
    "link": ("https://example.com/reset?token=abcdef12345", "http://ada:secret@example.com/"),
    "address": (
        "221B Baker Street",
        "1600 Amphitheatre Parkway",
        "Hauptstraße 12a",
        "Goethestr. 5",
        "12 bis rue de la Paix",
        "5, avenue Foch",
        "Calle de Alcalá, 42",
        "Kerkstraat 5",
        "Rua Augusta 1500",
        "ul. Marszałkowska 10",
        "Storgatan 14",
    ),
}
# Written by us, in languages that users write in: what is between the braces is a person's.
NAMES = (
    "Please add dark mode.\n\nBest regards,\n{Grace Hopper}",
    "The export breaks on Fridays. Kind regards, {Jean-Luc O'Neill}",
    "Sincerely,\n{J. R. Hartley}",
    "Thanks a lot!\n{Priya}",
    "Cheers,\n- {Linus van Dyk}\n",
    "Bitte einen Export als PDF.\nViele Grüße\n{Jörg Müller}",
    "Mit freundlichen Grüßen, {Anna Weiß}",
    "Ich heiße {Björn Ødegård} und brauche Filter.",
    "Il manque un filtre.\nCordialement,\n{Éloïse Dubois}",
    "Bien à vous, {Noël Lefèvre}",
    "Me llamo {Lucía Pérez} y necesito exportar.",
    "Un saludo,\n{Íñigo Martínez}",
    "Distinti saluti,\n{Chiara De Luca}",
    "Met vriendelijke groet,\n{Sanne de Vries}",
    "Atenciosamente,\n{João da Silva}",
    "Pozdrawiam,\n{Łukasz Nowak}",
    "Med vänliga hälsningar\n{Åsa Lindqvist}",
    "My name is {Ada King} and I run 30 seats.",
)
STREETS = (
    "Send it to {221B Baker Street}, London, please.",
    "Unser Büro: {Lindenweg 3}, 80331 München.",
    "We moved to {12 Market Square}, Springfield, IL 62701.",
    "Ufficio: {Via Roma, 12}.",
)
KNOWN = (
    ("Ada Lovelace", "ada.king@example.com", "{Ada} here: {ada.king} cannot log in, says {ADA LOVELACE}. King size?"),
    ("Mark Page", "support@example.com", "Mark as read on each page, says {Mark Page}; support was kind. Page 2."),
    ("Zoë Brontë", "zb42@example.com", "{Zoë} ({zb42}) wants zoëlike themes; Brontëan {Brontë}."),
    ("Filter View", "export@example.com", "Filter views and export them."),
)
PRODUCT = (
    "Thanks, dark mode is great.", "Thanks! Export as PDF next, please.", "Best,\nthe team", "Thanks,\nYour Team",
    "Regards to the team for Dark Mode.", "Best Regards is the name of our plan.", "Merci pour Export PDF",
    "3 Google Drive folders and 2 Dropbox ones", "Speicherplatz 20 GB", "Arbeitsplatz 3 ist leer", "Prozessweg 4 und 5",
    "Times Square and Square Payments", "Via Zapier 12 times a day", "via Slack, 3 times", "Weg 5", "10 Best Ways",
    "5 Wall Street Journal articles", "the 2 Way Sync", "1 Password Manager", "Road map 2026", "A 12 Month Roadmap",
    "Avenue to 3 reports", "Street View 360", "Rue the day", "Calle", "The 4 Step Way", "Kind regards,\nSupport Team",
    "My name is missing from the list", "Mi chiamo il supporto", "12 Critical Path Lane items", "v2 Main Street theme",
    "Danke für Version 12", "Sent from my iPhone", "Gracias. Falta Exportar a Excel", "Tack, Version 3 fungerar",
)  # fmt: skip
ORDINARY = (
    "version 1.2.3.4", "v10.20.30.40", "2.10.3", "Chrome 119.0.6045.105", "release 16.0.17.25", "$1,200.00",
    "1 200 000,00 €", "99.95 %", "0.5", "10.000.000", "+15 %", "+1000 users", "100000000", "2026-11-27",
    "27.11.2026 10:30", "01-12-2026 10:30:45", "01/12/2026", "10:30:45", "2025-2026", "05 12 26", "+1 000 000 000",
    "+44 000 000 000", "+10000000000", "+300.000.000.000", "100-200-300", "123-456-78901", "1.2.3.4 to 1.2.3.5",
    "Oracle 10.2.0.4", "version 10.0.0.1", "a::b", "add::bed", "10:20::30", "cafe::1", "978-3-16-148410-0",
    "550e8400-e29b-411-446-6554", "ORD-4711-0815", "123456789012", "1234567890123456", "1732690800000", "ISO 27001",
    "007", "0 800", "0190b5f0-0000-7000-8000-00000000000a", "AB12CDEFGHIJKLMN", "std::vector", "12:34:56:78",
    "https://example.com/list?page=2&sort=key", "@ada", "a @ b", "C3PO 12 34 56",
)  # fmt: skip
HOSTILE = (
    "a@" * 10_000, "a." * 10_000, "AA00" * 5_000, "4111 " * 4_000, "+1 " * 6_000, "1.1." * 5_000, "a:" * 10_000,
    "https://" * 2_500, "0" * 20_000, "+" * 20_000, "12 " * 6_000, "020 7946 0958 " * 1_400, "DE11 " * 4_000,
    "01 " * 6_600, "+49 30 9018 " * 1_600, "://1" + "?x" * 9_000, "https://a@" * 2_000, "(0)(" * 5_000,
    "12 A" * 5_000, "12 Aa " * 3_400, "Rue de la " * 2_000, "12 rue de la " * 1_500, "Thanks,\n" * 2_500,
    "Best regards, A" * 1_300, "Via A, " * 2_900, "My name is " * 1_800, "A-" * 10_000, "Calle A A A A " * 1_400,
    "2001:" * 4_000, "2001::1" * 3_000, "+1 555 123 4567 " * 1_250, "555-123-4567 " * 1_500, "(555) " * 3_300,
    "Aaaastraße " * 1_800, "\n" * 20_000,
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


def test_an_address_that_looks_like_a_version_goes_where_it_is_called_one() -> None:
    assert redacted("my IP is 8.8.4.4, on IP: 1.1.1.1") == "my IP is [ip], on IP: [ip]"
    assert redacted("the clip 8.8.4.4 plays") == "the clip 8.8.4.4 plays"


def test_ordinary_numbers_stay() -> None:
    for text in ORDINARY:
        assert redact(f"It says {text}, always.") == (f"It says {text}, always.", {}), text
    assert redact(", ".join(ORDINARY)).found == {}


def test_people_who_sign_and_streets_go_and_words_of_the_product_stay() -> None:
    for kind, texts in (("name", NAMES), ("address", STREETS)):
        for text in texts:
            assert redacted(re.sub("[{}]", "", text)) == re.sub("{[^}]*}", f"[{kind}]", text)
    for name, email, text in KNOWN:
        assert redacted(re.sub("[{}]", "", text), (name, email)) == re.sub("{[^}]*}", "[name]", text)
    for text in PRODUCT:
        assert redact(text, ("Ada Lovelace", "ada.king@example.com")) == (text, {}), text


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


def test_what_is_shown_again_is_not_read_again_and_not_kept() -> None:
    remembered = Redactions(most=3)
    texts = {
        "Call +49 30 901820.": "Call [phone].",
        "Dark mode, says Ada": "Dark mode, says [name]",
        "Export": "Export",
    }
    for _ in range(2):
        for text, shown in texts.items():
            assert remembered.of(text, ["Ada Lovelace"]) == shown == redacted(text, ["Ada Lovelace"])
    assert remembered.of("Dark mode, says Ada", []) == "Dark mode, says Ada", "who wrote it is a part of it"
    kept = repr(vars(remembered))
    assert "901820" not in kept
    assert "Lovelace" not in kept
