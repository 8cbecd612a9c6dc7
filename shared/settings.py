"""The only reader of the environment."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Role = Literal["api", "worker", "both"]


class Settings(BaseSettings):
    """What a service needs to know of its surroundings, read from `CAIRN_*` variables."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_", frozen=True)

    database_url: SecretStr = Field(description="PostgreSQL as this service's own role")
    nats_url: SecretStr = Field(description="NATS servers, comma separated")
    key_pepper: SecretStr = Field(description="secret that API keys are hashed with, 32 bytes or more", min_length=32)
    sealing_key: SecretStr = Field(description="secret that stored credentials are encrypted with", min_length=32)
    role: Role = "both"
    public_url: str = Field(default="", description="origin that callers reach this service at, for links it hands out")
    feedback_url: str = Field(
        default="", description="origin that roadmap reaches feedback at, to ask what items rest on"
    )
    scoring_url: str = Field(default="", description="origin that roadmap reaches scoring at, likewise")
    sibling_seconds: float = Field(
        default=3.0, gt=0, le=30, description="how long roadmap waits for an answer of feedback or scoring"
    )
    egress_allow: str = Field(
        default="",
        description="networks, comma separated, that may be called although they are not public, e.g. 10.1.2.0/24",
    )
    pool_size: int = Field(default=10, ge=2, le=200, description="PostgreSQL connections for requests")
    body_limit: int = Field(
        default=1_048_576, ge=1_024, description="bytes of a request body; bulk routes have their own"
    )
    rate_limit: int = Field(
        default=20_000, ge=1, description="requests a second that a key may make, unless it says else"
    )
    embeddings: bool = Field(
        default=True, description="compare texts by meaning too, where the extra `embeddings` is installed"
    )
    themes: bool = Field(default=False, description="whether feedback may be grouped into themes on request")
    stream_replicas: int = Field(default=1, ge=1, le=5, description="copies of each stream: 3 in production")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    trace_endpoint: str = Field(default="", description="whole address of an OTLP/HTTP collector; no traces when empty")
    key_cache_seconds: float = Field(
        default=2.0, ge=0, le=4.5, description="how long a key is believed; revocation's delay"
    )
