"""How each vendor of thin events is asked for what it only named, and with which credentials."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_core import to_json

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.normalized import FETCHED_LIMIT, JsonValue, Unreadable
from shared.egress import Egress, Refused, Reply, Unreachable
from shared.wire import Key, Wire, storable

LONGEST_WAIT = 86_400.0
"""Seconds; however long a vendor says to stay away, it is asked again the next day."""
Origin = Annotated[str, StringConstraints(max_length=260, pattern=r"^https?://[A-Za-z0-9.\-\[\]:]{1,250}/?$")]


def _storable(value: SecretStr) -> SecretStr:
    storable(value.get_secret_value())
    return value


Secret = Annotated[SecretStr, Field(min_length=1, max_length=4_000), AfterValidator(_storable)]


class Credentials(Wire):
    """What to fetch responses with. Stored encrypted, and never shown again."""

    token: Secret | None = Field(
        default=None, description="SurveyMonkey: access token; Qualtrics: API token; HubSpot: a private app's token"
    )
    base_url: Origin | None = Field(
        default=None,
        description="where the vendor's API is, when not at its usual place; Qualtrics: `https://{datacenter}.qualtrics.com`",
        examples=["https://fra1.qualtrics.com"],
    )
    client_id: Key | None = Field(default=None, description="Google Forms: of the OAuth client")
    client_secret: Secret | None = Field(default=None, description="Google Forms: of the OAuth client")
    refresh_token: Secret | None = Field(default=None, description="Google Forms: with forms.responses.readonly")

    def readable(self) -> str:
        """JSON with the secrets in it, to be sealed."""
        shown = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in ((name, getattr(self, name)) for name in type(self).model_fields)
        }
        return to_json(shown).decode()


_NEEDED: Mapping[str, tuple[str, ...]] = {
    "surveymonkey": ("token",),
    "qualtrics": ("token", "base_url"),
    "google_forms": ("client_id", "client_secret", "refresh_token"),
    "hubspot": ("token",),
}


def missing(vendor: str, credentials: Credentials) -> list[tuple[str, str]]:
    """Pointers and reasons for what is wrong with the credentials of this vendor."""
    return [
        (f"/{name}", f"{vendor} needs it") for name in _NEEDED.get(vendor, ()) if getattr(credentials, name) is None
    ]


class Fault(Exception):
    """Nothing came of it. `again`: whether it is worth another try; `after`: not before so many seconds."""

    def __init__(self, reason: str, *, again: bool, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.after = after


class Source:
    """One vendor's API, as one connection may use it."""

    def __init__(self, egress: Egress, credentials: Credentials, usual: str) -> None:
        self._egress = egress
        self.credentials = credentials
        self.base = (credentials.base_url or usual).rstrip("/")

    async def ask(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        fine: Collection[int] = (200,),
    ) -> JsonValue:
        """The JSON at a URL, under a status that is `fine`. Raises Fault."""
        try:
            reply = await self._egress.request(
                method, url, headers={"accept": "application/json", **(headers or {})}, content=content
            )
        except Refused as error:
            raise Fault(f"the address {error}", again=False) from error
        except Unreachable as error:
            raise Fault(f"no answer: {error}", again=True) from error
        if reply.status not in fine:
            raise _fault(reply)
        found = reading.decode(reply.body)
        if isinstance(found, Unreadable):
            raise Fault("the answer is not JSON", again=True)
        return found

    def bearer(self) -> dict[str, str]:
        """The header that most APIs want."""
        return {"authorization": f"Bearer {secret(self.credentials.token)}"}


def _fault(reply: Reply) -> Fault:
    # A wrong token is mended by a person, who then has it read again; a missing response will not come back.
    again = reply.status in (408, 409, 423, 425, 429) or reply.status >= 500
    after = retry_after(reply.headers.get("retry-after"), datetime.now(UTC)) if again else None
    return Fault(f"the vendor answered {reply.status}", again=again, after=after)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds, from a number or a date; None when it is neither."""
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:10]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def secret(value: SecretStr | None) -> str:
    """The text of a secret. Header and URL take no line breaks, whatever was pasted."""
    return "".join((value.get_secret_value() if value else "").split())


async def _surveymonkey(source: Source, asked: Mapping[str, str], since: str) -> JsonValue:
    survey, response = quote(asked["survey_id"], safe=""), quote(asked["response_id"], safe="")
    url = f"{source.base}/v3/surveys/{survey}/responses/{response}/details?simple=true"
    return await source.ask(url, headers=source.bearer())


async def _qualtrics(source: Source, asked: Mapping[str, str], since: str) -> JsonValue:
    survey, response = quote(asked["survey_id"], safe=""), quote(asked["response_id"], safe="")
    url = f"{source.base}/API/v3/surveys/{survey}/responses/{response}"
    return await source.ask(url, headers={"x-api-token": secret(source.credentials.token)})


_OVERLAP = timedelta(minutes=10)
_PAGE = 500


async def _google_forms(source: Source, asked: Mapping[str, str], since: str) -> JsonValue:
    """The form and its responses since the last time, with some overlap: one that comes again is known."""
    google = source.credentials.base_url is None
    given = {
        "grant_type": "refresh_token",
        "client_id": source.credentials.client_id or "",
        "client_secret": secret(source.credentials.client_secret),
        "refresh_token": secret(source.credentials.refresh_token),
    }
    token = await source.ask(
        "https://oauth2.googleapis.com/token" if google else f"{source.base}/token",
        method="POST",
        headers={"content-type": "application/x-www-form-urlencoded"},
        content=urlencode(given).encode(),
    )
    access = reading.text(reading.obj(token).get("access_token"))
    if not access:
        raise Fault("no access token in the answer", again=False)
    headers = {"authorization": f"Bearer {''.join(access.split())}"}
    place = f"{source.base}/v1/forms/{quote(asked['form_id'], safe='')}"
    form = await source.ask(place, headers=headers)
    query: dict[str, Any] = {"pageSize": _PAGE}
    if since:
        at = datetime.fromisoformat(since) - _OVERLAP
        query["filter"] = f"timestamp >= {at.astimezone(UTC).isoformat().replace('+00:00', 'Z')}"
    found: list[JsonValue] = []
    while True:
        page = reading.obj(await source.ask(f"{place}/responses?{urlencode(query)}", headers=headers))
        found += reading.items(page.get("responses"))
        following = reading.text(page.get("nextPageToken"))
        if len(found) > FETCHED_LIMIT:
            raise Fault(
                f"more than {FETCHED_LIMIT} new responses at once: import the form's responses as a file", again=False
            )
        if not following or following == query.get("pageToken"):
            return {"form": form, "responses": found}
        query["pageToken"] = following


_BATCH = 100


async def _hubspot(source: Source, asked: Mapping[str, str], since: str) -> JsonValue:
    """The submissions by their ids, as many at once as a batch may have. One that is gone is left out of it (207)."""
    ids, found = asked["object_ids"].split(","), list[JsonValue]()
    for start in range(0, len(ids), _BATCH):
        inputs = [{"id": id} for id in ids[start : start + _BATCH]]
        page = await source.ask(
            f"{source.base}/crm/v3/objects/feedback_submissions/batch/read",
            method="POST",
            headers={**source.bearer(), "content-type": "application/json"},
            content=to_json({"properties": asked["properties"].split(","), "inputs": inputs}),
            fine=(200, 207),
        )
        found += reading.items(reading.obj(page).get("results"))
    return {"results": found}


Fetch = Callable[[Source, Mapping[str, str], str], Awaitable[JsonValue]]
SOURCES: Mapping[str, tuple[str, Fetch]] = {
    "surveymonkey": ("https://api.surveymonkey.com", _surveymonkey),
    "qualtrics": ("", _qualtrics),
    "google_forms": ("https://forms.googleapis.com", _google_forms),
    "hubspot": ("https://api.hubapi.com", _hubspot),
}
"""By vendor: where its API usually is, and how it is asked: (source, what was named, since when)."""
