"""What is to be imported, as a caller asks for it: checked before its file is awaited."""

from typing import Literal

from pydantic import ConfigDict, Field

from services.feedback.imports.importers import VENDORS, Vendor
from services.feedback.imports.readers import Format
from services.feedback.imports.readers.hints import OF_FORMAT, Hints
from services.feedback.mappings.mapping import KINDS, Kind, Mapping
from shared.errors import FieldError, Invalid
from shared.events.feedback import IdeaStatus
from shared.wire import Line, Slug, Wire

EVERYTHING = frozenset({"feedback:write", "ideas:write", "votes:write", "customers:write", "comments:write"})
NEEDED: dict[str, frozenset[str]] = {
    "feedback": frozenset({"feedback:write"}),
    "accounts": frozenset({"customers:write"}),
    "contacts": frozenset({"customers:write"}),
    "ideas": frozenset({"ideas:write"}),
    "votes": frozenset({"votes:write"}),
    "comments": frozenset({"comments:write"}),
    "workspace": EVERYTHING | {"boards:write", "moderation:write"},
}
"""Scopes by kind; a vendor's export brings something of each but boards, a workspace's whatever there is."""
ImportKind = Literal[Kind, Vendor, "workspace"]


class ImportIn(Wire):
    """What is to be imported. The file is sent next."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {"not": {"required": ["kind", "statuses"], "properties": {"kind": {"enum": [*KINDS, "workspace"]}}}},
                {"not": {"required": ["format", "hints"], "properties": {"format": {"enum": ["ndjson", "json"]}}}},
            ]
        }
    )

    kind: ImportKind = Field(
        description="what each row is; or whose export it is; or `workspace`: Cairn's own, for an empty workspace",
        examples=["feedback"],
    )
    format: Format = Field(
        default="ndjson",
        description="`ndjson` and `csv` up to 2 GiB, `xlsx` up to 128 MiB, `json` (one document) up to 32 MiB",
    )
    source: Slug | None = Field(
        default=None,
        description="with a row's external id: its identity. The vendor's name, or `import`, when left out",
        examples=["old-desk"],
    )
    hints: Hints = Field(
        default_factory=Hints, description="how the file is written, where its beginning does not show it"
    )
    mapping: Mapping | None = Field(default=None, description="how columns become fields; their own names without")
    mapping_key: Slug | None = Field(
        default=None, description="the key of a saved mapping; fields of `mapping` go before its own", examples=["desk"]
    )
    statuses: dict[Line, IdeaStatus] = Field(
        default_factory=dict,
        max_length=200,
        description="of a vendor's export: what its words for a status mean here, in place of what is usual. Capitals, "
        'underscores and hyphens make no difference: `{"Under consideration": "planned", "Parked": "declined"}`',
    )
    dry_run: bool = Field(
        default=False,
        description="check every row and tell what would become of it, and store none: see `counts`, `noticed`, "
        "`resolved`, the errors, and record by record `GET /v1/imports/{import_id}/rehearsal`",
    )

    @property
    def of_vendor(self) -> bool:
        return self.kind in VENDORS


def check_asked(body: ImportIn) -> None:
    """Invalid where parts of what is asked for do not go together."""
    wrong: list[str] = []
    if body.kind not in KINDS:
        wrong += [name for name in ("mapping", "mapping_key") if getattr(body, name) is not None]
    if body.kind == "workspace":
        wrong += ["format"] * (body.format != "ndjson") + ["dry_run"] * body.dry_run
    if not body.of_vendor:
        wrong += ["statuses"] * bool(body.statuses)
    errors = [FieldError(f"/body/{name}", f"is not for {body.kind}") for name in wrong]
    given = {name for name in Hints.model_fields if getattr(body.hints, name) is not None}
    errors += [
        FieldError(f"/body/hints/{name}", f"is not for {body.format}") for name in given - OF_FORMAT[body.format]
    ]
    if errors:
        raise Invalid(errors=errors)
