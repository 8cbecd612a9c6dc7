"""How a connection's sender signs: its vendor's way, or the one that the connection itself describes."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.feedback.intake.adapters import ADAPTERS
from services.feedback.intake.signatures import SCHEMES, Names, Scheme
from shared.wire import Wire

DESCRIBED = frozenset(("generic",))
"""Vendors whose connections may say themselves how they are signed."""
_CREDENTIALS = frozenset(("authorization", "cookie", "proxy-authorization", "x-cairn-token"))
_PLACE = re.compile(r"\{(?:timestamp|id)\}")
_PLACES = {"{timestamp}": "{ts}", "{id}": "{id}"}


def _header(name: str) -> str:
    lower = name.lower()
    if lower in _CREDENTIALS:
        raise ValueError("carries credentials, which are not kept: a signature has a header of its own")
    return lower


HeaderName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$", min_length=1, max_length=64), AfterValidator(_header)
]


class Signing(Wire):
    """An HMAC over the raw body, with what may stand before it, in a header."""

    header: HeaderName = Field(examples=["X-Signature"], description="where the signature is; in any case of letters")
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, StringConstraints(pattern=r"^[!-~ ]*$", max_length=32)] = Field(
        default="", examples=["sha256="], description="what stands before the encoded digest"
    )
    key: Literal["text", "base64"] = Field(
        default="text", description="whether the secret is the key as it stands, or its base64"
    )
    timestamp_header: HeaderName | None = Field(
        default=None,
        examples=["X-Timestamp"],
        description="when it was signed: deliveries older than five minutes are refused",
    )
    timestamp_unit: Literal["s", "ms", "iso"] = "s"
    id_header: HeaderName | None = Field(
        default=None, examples=["X-Delivery-Id"], description="the delivery's name: one that is known changes nothing"
    )
    lead: Annotated[str, StringConstraints(pattern=r"^[!-~ ]*$", max_length=100)] = Field(
        default="",
        examples=["{id}.{timestamp}."],
        description="what is signed in front of the raw body; `{timestamp}` and `{id}` stand for those headers",
    )

    @model_validator(mode="after")
    def _covered(self) -> Self:
        named = set(_PLACE.findall(self.lead))
        for place, header in (("{timestamp}", self.timestamp_header), ("{id}", self.id_header)):
            if (place in named) != (header is not None):
                # What no signature covers is anybody's to change.
                raise ValueError(f"name {place[1:-1]}_header exactly when {place} is part of lead")
        # In one pass: what stands around one place must not become another.
        rest = _PLACE.sub("", self.lead)
        if "{" in rest or "}" in rest:
            raise ValueError("lead may hold {timestamp} and {id}, and no other braces")
        return self

    def scheme(self) -> Scheme:
        """The row that it describes."""
        template = self.lead
        for place, own in _PLACES.items():
            template = template.replace(place, own)
        return Scheme(
            (Names(self.header, self.id_header, self.timestamp_header),),
            alg=self.algorithm,
            key_transform=self.key,
            template=template,
            encoding=self.encoding,
            prefix=self.prefix,
            ts_unit=self.timestamp_unit,
        )


def scheme_of(vendor: str, signing: Signing | str | None) -> Scheme:
    """How deliveries to a connection are signed. `signing`: what it says of that itself, maybe as stored."""
    if signing is None:
        return SCHEMES[ADAPTERS[vendor].scheme]
    return (Signing.model_validate_json(signing) if isinstance(signing, str) else signing).scheme()
