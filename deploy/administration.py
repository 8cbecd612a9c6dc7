"""How an operator's commands reach PostgreSQL and the broker: as `make run` has them, or as the environment says."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.child import Failed
from deploy.stack import Keepsakes, Place, admin_url, broker_url
from shared.database import PATIENCE_SECONDS, Database, Tx


class Administration(BaseSettings):
    """What an administrator needs that no service is given."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_")

    admin_url: SecretStr | None = None
    key_pepper: SecretStr | None = None
    sealing_key: SecretStr | None = None
    nats_url: SecretStr | None = None
    role_passwords: dict[str, str] = {}
    """Passwords for the services' roles, by role, as JSON. A role without one keeps what it has."""

    def database(self) -> str:
        """Where the administrator connects. Raises Failed when nothing says where."""
        if self.admin_url is not None:
            return self.admin_url.get_secret_value()
        place = Place()
        try:
            return admin_url(place.data, place.port_base)
        except FileNotFoundError as error:
            raise Failed(f"There is no Cairn in {place.data}: `make run` makes one, or set CAIRN_ADMIN_URL") from error

    def broker(self) -> str:
        """Where the broker is. Raises Failed when nothing says where."""
        if self.nats_url is not None:
            return self.nats_url.get_secret_value()
        if self.admin_url is not None:
            raise Failed("Set CAIRN_NATS_URL to what the services have")
        return broker_url(Place().data, Place().port_base)

    def pepper(self) -> str:
        """What keys are hashed with."""
        if self.key_pepper is not None:
            return self.key_pepper.get_secret_value()
        if self.admin_url is not None:
            raise Failed("Set CAIRN_KEY_PEPPER to what the services have, or they will not believe the key")
        return Keepsakes(Place().data / "secrets.json").key_pepper

    def sealing(self) -> str | None:
        """What seals are signed with; None when that is not said here."""
        if self.sealing_key is not None:
            return self.sealing_key.get_secret_value()
        return None if self.admin_url is not None else Keepsakes(Place().data / "secrets.json").sealing_key


@asynccontextmanager
async def administrator() -> AsyncGenerator[Tx]:
    """A transaction over everything, committed at the end."""
    database = Database(Administration().database(), "access", application="cairn-cli")
    await database.open()
    try:
        async with database.system() as tx:
            yield tx
    finally:
        await database.close()


@asynccontextmanager
async def schema(service: str, *, patience: float = PATIENCE_SECONDS) -> AsyncGenerator[Database]:
    """A service's schema, as the administrator, over every workspace. `patience`: seconds a statement may take."""
    database = Database(Administration().database(), service, application="cairn-cli", patience=patience)
    await database.open()
    try:
        yield database
    finally:
        await database.close()
