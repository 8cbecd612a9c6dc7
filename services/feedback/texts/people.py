"""Finds who and where people say they are: names under a letter, streets with their numbers, and names known before.

Only what is said in a form that hardly anything else has: a name that stands alone under a closing phrase, a street
with a number in the order of its language. Words that are names and ordinary words as well (Mark, Will, Page) go only
where they stand as a name does. What a product is made of (Google Drive, Speicherplatz, Wall Street) stays.

Every pattern begins with something fixed and is bounded, so that time grows with the text and no faster.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

Span = tuple[int, int]

# A word as a name is written: no small Latin or Cyrillic letter first; hyphens and apostrophes inside.
_WORD = r"[^\W\d_a-zß-öø-ÿа-я][^\W\d_]{0,24}(?:['\u2019-][^\W\d_]{1,24}){0,2}"
_INITIAL = r"[^\W\d_a-z]\."
_NAME = rf"(?:{_INITIAL}[ ]){{0,2}}{_WORD}(?:[ ](?:{_INITIAL}|van|von|de|der|den|di|da|del|la|{_WORD})){{0,3}}"
# Nobody writes these and then anything but who they are.
_FORMAL = (
    r"(?:[Bb]est|[Kk]ind|[Ww]arm)(?:est)?[ ][Rr]egards|[Rr]egards|[Bb]est[ ][Ww]ishes|(?:[Yy]ours[ ])?[Ss]incerely"
    r"|[Yy]ours[ ](?:truly|faithfully)|[Mm]it[ ]freundlichen[ ]Gr(?:ü|ue)(?:ß|ss)en|MfG"
    r"|(?:[Vv]iele|[Ll]iebe|[Bb]este|[Ss]chöne)[ ]Gr(?:ü|ue)(?:ß|ss)e|(?:[Bb]ien[ ])?[Cc]ordialement|[Bb]ien[ ]à[ ]vous"
    r"|[Ss]alutations|[Uu]n[ ](?:cordial[ ])?saludo|[Ss]aludos(?:[ ]cordiales)?|[Aa]tentamente"
    r"|(?:[Cc]ordiali|[Dd]istinti)[ ][Ss]aluti|[Mm]et[ ]vriendelijke[ ]groet(?:en)?|[Gg]roeten|[Aa]tenciosamente"
    r"|[Aa]braços?|[Mm]ed[ ]vänliga[ ]hälsningar|Mvh|[Mm]ed[ ]venlig[ ]hilsen|[Pp]ozdrawiam|[Üü]dvözlettel"
)
# After these a sentence may go on: a name has a line of its own.
_POLITE = (
    r"[Tt]hanks(?:[ ](?:a[ ]lot|so[ ]much|again|in[ ]advance))?|[Tt]hank[ ]you|[Cc]heers|[Bb]est|[Dd]anke|LG|VG"
    r"|[Mm]erci|[Gg]racias|[Gg]razie|[Bb]edankt|[Oo]brigad[oa]|[Tt]ack|[Dd]zięki"
)
_SIGNED = re.compile(
    rf"(?<![^\W_])(?:(?:{_FORMAL})[ ]?[,.!]?(?:[ ]|[ ]?\r?\n[ ]?){{1,2}}"
    rf"|(?:{_POLITE})[ ]?[,.!]?[ ]?(?:\r?\n[ ]?){{1,2}})"
    rf"(?:[-\u2013\u2014~][ ]?)?(?P<name>{_NAME})[ ]?[.,]?[ ]?(?=\r?\n|\Z)"
)
_INTRODUCED = re.compile(
    rf"(?<![^\W_])(?:[Mm]y[ ]name[ ]is|[Ii]ch[ ]heiße|[Mm]ein[ ]Name[ ]ist|[Jj]e[ ]m['\u2019]appelle|[Mm]e[ ]llamo"
    rf"|[Mm]i[ ]chiamo|[Ii]k[ ]heet|[Mm]eu[ ]nome[ ]é|[Jj]ag[ ]heter|[Nn]azywam[ ]się)[ ](?P<name>{_NAME})"
)
# Whom a closing phrase is followed by besides.
_NOBODY_WORDS = """
team all everyone everybody guys folks support dev devs you the and we from sent ihr das die le la
les el los product sales admin regards thanks best cheers please ps
"""
_NOBODY = frozenset(_NOBODY_WORDS.split())

_NUMBER = r"\d{1,5}[ ]?[A-Za-z]?"
_TITLE = r"[^\W\d_a-z][\w'\u2019.-]{0,24}"
_POSTCODE = r"[ ]?,?\s{0,2}(?:[A-Z]{1,2}[- ])?(?:\d{4,5}|[A-Z]{1,2}\d{1,2}[A-Z]?[ ]?\d[A-Z]{2}|[A-Z]{2}[ ]\d{5})\b"
_SMALL = (
    r"(?:(?:de[ ]la|de[ ]l['\u2019]|de|du|des|del|della|dei|la|le|da|do|dos|van|von|den|der|d['\u2019]|l['\u2019])"
    r"[ ]?)?"
)
_OF = rf"{_SMALL}{_TITLE}(?:[ ]{_SMALL}{_TITLE}){{0,3}}"
_NUMBERED = rf"(?<![\w.,/-])\d{{1,5}}[A-Za-z]?[ ](?:{_TITLE}[ ]){{1,3}}"
_COMPOUND = r"(?<![\w-])[^\W\d_a-z][\w-]{1,30}"
_TOWN = rf",[ ](?:{_TITLE}[ ,]{{1,2}}){{0,3}}(?:[A-Z]{{2}}[ ])?"
_BEHIND = rf"{_TOWN}(?:\d{{5}}\b|[A-Z]{{1,2}}\d[A-Z\d]?[ ]?\d[A-Z]{{2}}\b)"
_CALLE = r"(?<![\w-])(?:Calle|C/|Avda\.|Avenida|Paseo|Rua|Travessa|ul\.)[ ]?"
_STREETS = tuple(
    re.compile(pattern)
    for pattern in (
        # 221B Baker Street; 1600 Amphitheatre Parkway. Of what is something else as well, with a postcode only.
        _NUMBERED
        + r"(?:Street|St\.|Avenue|Ave\b\.?|Road|Rd\b\.?|Boulevard|Blvd\b\.?|Parkway|Crescent)(?!['\w-]|[ ][A-Z])",
        _NUMBERED + rf"(?:Drive|Way|Place|Court|Square|Lane|Terrace|Close)(?={_BEHIND})",
        # Hauptstraße 12a; Kerkstraat 5; with a postcode also Lindenweg 3, 80331 München.
        _COMPOUND + rf"(?:straße|strasse|str\.|gasse|allee|straat|gracht|gatan|vägen)[ ]{_NUMBER}(?![\w%])",
        _COMPOUND + rf"(?:weg|platz|ring|damm|ufer|laan|plein|kade)[ ]{_NUMBER}(?={_POSTCODE}[ ]{_TITLE})",
        # 12 bis rue de la Paix; 5, avenue Foch
        rf"(?<![\w.,/-])\d{{1,4}}(?:[ ]?(?:bis|ter))?,?[ ](?:rue|avenue|boulevard|quai|impasse|allée|chemin)[ ]{_OF}",
        # Calle de Alcalá, 42; Rua Augusta 1500; Via Roma, 12; ul. Marszałkowska 10
        rf"{_CALLE}{_OF},?[ ](?:n[.º°]{{1,2}}[ ]?)?{_NUMBER}(?![\w%])",
        rf"(?<![\w-])(?:[Vv]ia|Viale|Piazza|Corso)[ ]{_OF},[ ]\d{{1,4}}[A-Za-z]?(?=[ ]?(?:[,.;)]|\d{{5}}\b|\r?\n|\Z))",
    )
)

# Names that are ordinary words as well, in the languages that product teams hear most.
_ORDINARY_WORDS = """
mark will bill page price grace rose may june april august art case chase faith hope joy king young
long short white black green brown gray grey day field park bank cook baker miller carpenter taylor
smith hunter mason cooper porter carter power powers house church hill stone wood woods rice bell
ball ford fox wolf bird fish star storm summer winter weber koch klein gross groß lange kurz weiß
schwarz braun jung neumann kaiser könig stern vogel petit grand blanc noir roi martin rey cruz
flores reyes rivera santos costa rossi bianchi drew pat sue jack rob frank ray dale dean glen guy
max rich sandy sky sunny crystal ruby pearl victor miles lance grant rusty scout sage jasmine linus
angular react vector delta alpha beta report export import view search filter user data
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())
_ROLE_WORDS = """
info support sales admin contact hello team office mail product feedback marketing help service
billing accounts noreply no-reply webmaster postmaster test user me
"""
_ROLES = frozenset(_ROLE_WORDS.split())
SHORTEST = 3
"""Letters of a part of a name that is looked for by itself."""


def signatures(text: str) -> Iterator[Span]:
    """Names under a closing phrase, and after "my name is"."""
    for pattern in (_SIGNED, _INTRODUCED):
        for match in pattern.finditer(text):
            words = match["name"].lower().split()
            if not _NOBODY & set(words):
                yield match.span("name")


def streets(text: str) -> Iterator[Span]:
    """Streets with their numbers."""
    for pattern in _STREETS:
        yield from (match.span() for match in pattern.finditer(text))


def names_of(known: Iterable[str]) -> re.Pattern[str] | None:
    """What is looked for of a person whose name and address are known; None when that is too common to be theirs.

    The whole name in any case; a part of it, and the address's local part, where they are no ordinary word. `known`:
    names and e-mail addresses.
    """
    whole: set[str] = set()
    parts: set[str] = set()
    for each in known:
        local, at, _ = each.partition("@")
        words = re.findall(r"[^\W_]+(?:['\u2019-][^\W_]+)*", local.partition("+")[0] if at else each)
        if at and len(local) >= SHORTEST and local.lower() not in _ROLES | _ORDINARY:
            whole.add(re.escape(local))
        elif not at and len(words) > 1:
            whole.add(r"\s{1,3}".join(map(re.escape, words)))
        parts |= {
            word
            for word in words
            if len(word) >= SHORTEST and word.isalpha() and word.lower() not in _ORDINARY | _ROLES
        }
    patterns = [f"(?i:{each})" for each in sorted(whole, key=len, reverse=True)]
    # A part only as a name is written: with a capital.
    patterns += [re.escape(part[0].upper() + part[1:]) for part in sorted(parts, key=len, reverse=True)]
    return re.compile(rf"(?<![\w@.-])(?:{'|'.join(patterns)})(?![\w-])") if patterns else None


def known_names(text: str, pattern: re.Pattern[str] | None) -> Sequence[Span]:
    """Where somebody's own name stands."""
    return [] if pattern is None else [match.span() for match in pattern.finditer(text)]
