"""What a demand policy is tuned by."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.scoring.frameworks.demand_policies import Kind, Policy
from shared.wire import Wire

MOST_SEGMENTS = 50
Worth = Annotated[float, Field(ge=0, le=1_000_000)]


class SegmentWeight(Wire):
    """What whoever is in a segment counts."""

    segment_id: UUID = Field(description="a segment of accounts or of contacts")
    weight: Worth = Field(examples=[5])


class ImportanceWeights(Wire):
    """What an ask counts by how important the idea is to whoever asks."""

    nice: Worth = Field(default=1.0, description="votes of those to whom it is nice to have")
    important: Worth = 2.0
    critical: Worth = 3.0
    unsaid: Worth = Field(default=1.0, description="contacts who did not vote: their feedback is linked to the idea")


class PolicyParameters(Wire):
    """How the accounts that ask for an idea are weighed.

    `flat`: as many as their contacts who ask; `account`: 1; `mrr`: their monthly recurring revenue, minor units;
    `log_mrr`: ln(1 + that); `segment`: the weight of their segment, or of one that a contact of theirs is in who asks.
    Importance and a half-life multiply, and a cap comes last.
    """

    kind: Kind
    revenue: Literal["now", "at_vote"] = Field(
        default="now",
        description="of `mrr` and `log_mrr`: what the account pays now, or what it paid when its latest vote was cast",
    )
    segments: list[SegmentWeight] = Field(
        default_factory=list[SegmentWeight],
        max_length=MOST_SEGMENTS,
        description="of `segment`: segments of accounts and of contacts. An account counts by the first of them that "
        "it is in itself, or anybody of it who asks; a contact without an account by the first that it is in. As they "
        "are now",
        examples=[[]],
    )
    otherwise: Worth | None = Field(
        default=None,
        description="of `segment`: what those count of whom nobody is in any of them; null: they cannot be weighed",
        examples=[None],
    )
    importance: ImportanceWeights | None = Field(
        default=None,
        description="what an ask counts by how important it is; null: all the same. An account counts by the contact "
        "to whom it matters most; under `flat`, and without an account, each contact by its own",
        examples=[None],
    )
    half_life_months: Annotated[float, Field(gt=0, le=120)] | None = Field(
        default=None,
        description="months after which an ask counts half; null: for good. Whole months are counted, so weights move "
        "when a month begins and not in between. An account is as recent as its latest ask; under `flat` each contact",
        examples=[6],
    )
    cap: Annotated[float, Field(ge=0.01, le=1)] | None = Field(
        default=None,
        description="no account makes up more than this share of an idea's weight: the largest are cut to one level. "
        "Where fewer accounts count than 1 / cap that cannot be, and the idea is `infeasible`: it has no weight",
        examples=[0.25],
    )
    unknown: Literal["refuse", "leave_out"] = Field(
        default="refuse",
        description="what becomes of an idea for which somebody asks who cannot be weighed (revenue that nobody has "
        "told, no segment, no account where it takes one): it is `unknown` and has no weight, or it is weighed without "
        "them. They are named in both cases, and never counted as 0 unseen",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind == "segment" and not self.segments:
            raise ValueError("segments: a policy by segment needs the weight of one at least")
        if self.kind != "segment" and (self.segments or self.otherwise is not None):
            raise ValueError(f"segments: a policy of the kind {self.kind} does not look at segments")
        if self.revenue == "at_vote" and self.kind not in {"mrr", "log_mrr"}:
            raise ValueError(f"revenue: a policy of the kind {self.kind} does not look at revenue")
        named = [each.segment_id for each in self.segments]
        if len(set(named)) < len(named):
            raise ValueError("segments: names a segment twice")
        return self

    def policy(self) -> Policy:
        """The same as the framework takes it; ages are in months."""
        return Policy(self.kind, self.half_life_months, self.cap, self.unknown == "leave_out")
