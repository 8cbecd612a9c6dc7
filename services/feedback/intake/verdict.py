"""What judging a delivery found."""

from enum import StrEnum


class Verdict(StrEnum):
    """What verifying found. Only `accepted` verdicts may be read any further."""

    VERIFIED = "verified"
    UNSIGNED = "unsigned"
    """No secret is configured and the vendor lets its users go without: the URL's token is all that vouches for it."""
    UNCONFIGURED = "unconfigured"
    """No secret is configured and the vendor always signs: somebody forgot to store it."""
    MISSING = "missing"
    """A secret is configured and a header the scheme needs is absent."""
    MALFORMED = "malformed"
    """A header cannot be what the scheme describes: not ASCII, too long, no prefix, an unreadable timestamp."""
    STALE = "stale"
    """The timestamp is further from now than the tolerance, either way. The signature was not looked at."""
    MISMATCH = "mismatch"
    """Readable, and made by none of the secrets for these bytes."""

    @property
    def accepted(self) -> bool:
        return self is Verdict.VERIFIED or self is Verdict.UNSIGNED
