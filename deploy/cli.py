"""`cairn`: what an operator does from a shell.

Against the Cairn that `make run` keeps in `.cairn`, or any other when CAIRN_ADMIN_URL (a PostgreSQL role that may
create roles and schemas) and CAIRN_KEY_PEPPER are set.
"""

import argparse
import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from deploy import SERVICES, local, parked, verify
from deploy.administration import Administration, administrator, schema
from deploy.child import Failed
from deploy.rebuild import REBUILD_SECONDS, REBUILDABLE, connected, published, rebuild, rescore, reseed
from deploy.schemas import SCHEMAS, migrate_all
from shared.access import registry
from shared.access.keys import SCOPES
from shared.access.registry import KeyRow, Workspace
from shared.database import Tx
from shared.errors import Problem
from shared.migrate import Schema, drift, new_step
from shared.sealing import Seal

SPANS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
Arguments = argparse.Namespace
Command = Callable[[Arguments], Awaitable[None]]


async def _migrate(arguments: Arguments) -> None:
    administration = Administration()
    if arguments.new:
        service, change = arguments.new
        await asyncio.to_thread(new_step, _schema(service), administration.database(), change)
    elif arguments.check:
        differences = await drift(administration.database(), SCHEMAS)
        if differences:
            raise Failed("\n".join(["The database is not what the tables say:", *differences]))
    else:
        await migrate_all(administration.database(), administration.role_passwords)


def _schema(name: str) -> Schema:
    for each in SCHEMAS:
        if each.name == name:
            return each
    raise Failed(f"No schema {name!r}. There are: {', '.join(each.name for each in SCHEMAS)}.")


async def _create_workspace(arguments: Arguments) -> None:
    async with administrator() as tx:
        name = arguments.name or arguments.slug
        print(await registry.create_workspace(tx, arguments.slug, name, arguments.currency))


async def _list_workspaces(_: Arguments) -> None:
    async with administrator() as tx:
        _table(
            ("slug", "name", "currency", "id"),
            [(found.slug, found.name, found.currency, found.id) for found in await registry.list_workspaces(tx)],
        )


async def _create_key(arguments: Arguments) -> None:
    async with administrator() as tx:
        workspace = await _workspace(tx, arguments.workspace)
        _, text = await registry.create_key(
            tx,
            Administration().pepper(),
            workspace.id,
            arguments.name,
            arguments.scope or SCOPES,
            expires_at=arguments.expires,
            rate=arguments.rate,
            origins=arguments.origin or (),
        )
    _show(text)


async def _list_keys(arguments: Arguments) -> None:
    async with administrator() as tx:
        workspace = await _workspace(tx, arguments.workspace)
        keys = await registry.list_keys(tx, workspace.id)
    _table(
        ("prefix", "name", "expires", "revoked", "last used", "scopes"),
        [(k.prefix, k.name, k.expires_at, k.revoked_at, k.last_used_at, " ".join(k.scopes)) for k in keys],
    )


async def _rotate_key(arguments: Arguments) -> None:
    async with administrator() as tx:
        workspace = await _workspace(tx, arguments.workspace)
        key = await _key(tx, workspace, arguments.key)
        _, text = await registry.rotate_key(tx, Administration().pepper(), workspace.id, key.id, arguments.overlap)
    _show(text)


async def _revoke_key(arguments: Arguments) -> None:
    async with administrator() as tx:
        workspace = await _workspace(tx, arguments.workspace)
        await registry.revoke_key(tx, workspace.id, (await _key(tx, workspace, arguments.key)).id)


async def _rebuild(arguments: Arguments) -> None:
    administration = Administration()
    different = False
    async with connected(administration.broker()) as broker:
        for service in (arguments.service,) if arguments.service else REBUILDABLE:
            async with schema(service, patience=REBUILD_SECONDS) as database:
                for each in await rebuild(database, broker, service, check=arguments.check, say=print):
                    verdict = "equal" if each.equal else f"{each.different} different"
                    print(f"{each.table:<20}{each.rows:>10} rows  {verdict}")
                    different |= not each.equal
                if service == "scoring":
                    wrong = await rescore(database, check=arguments.check)
                    print(f"{'scoring.scores':<20}{'':>10}       {wrong or 'none'} other than their inputs give")
                    different |= bool(wrong)
    if different and arguments.check:
        raise Failed("What is stored is not what the streams give.")


async def _reseed(arguments: Arguments) -> None:
    for service in (arguments.service,) if arguments.service else SERVICES:
        async with schema(service, patience=REBUILD_SECONDS) as database:
            print(f"{service:<10}{await reseed(database, service):>10} events to publish again")
            await published(database, service)


async def _verify(arguments: Arguments) -> None:
    if arguments.file is not None:
        root, wrong = verify.answer(arguments.file)
        if wrong:
            raise Failed("\n".join(["Not what its digests say:", *wrong]))
        print(root)
        return
    sealing_key = Administration().sealing()
    if sealing_key is None:
        print("CAIRN_SEALING_KEY is not set: signatures of seals are not looked at", file=sys.stderr)
    noted = verify.read_heads(arguments.against) if arguments.against else {}
    rows: list[Sequence[object]] = []
    heads: verify.Heads = {}
    for service in (arguments.service,) if arguments.service else SERVICES:
        async with schema(service, patience=REBUILD_SECONDS) as database:
            seal = None if sealing_key is None else Seal(sealing_key)
            rows += [(service, *fault) async for fault in verify.stored(database, seal)]
            rows += [(service, *fault) async for fault in verify.against(database, noted.get(service, {}))]
            heads[service] = await verify.heads(database)
        print(f"{service:<10}{sum(row[0] == service for row in rows) or 'nothing'} found that is not as it was")
    if arguments.heads:
        verify.write_heads(arguments.heads, heads)
    if rows:
        _table(("service", "what", "which", "why"), rows)
        raise Failed("What is stored is not what was stored.")


async def _list_parked(arguments: Arguments) -> None:
    rows: list[Sequence[object]] = []
    for service in (arguments.service,) if arguments.service else SERVICES:
        async with schema(service) as database:
            rows += [(service, *row) for row in await parked.listed(database, arguments.limit)]
    _table(("service", "id", "workspace", "stream", "seq", "type", "aggregate", "since", "error"), rows)


async def _redrive(arguments: Arguments) -> None:
    async with schema(arguments.service) as database:
        applied, failures = await parked.redriven(database, arguments.service, arguments.message)
    print(f"{applied} applied")
    if failures:
        raise Failed("\n".join(failures))


async def _workspace(tx: Tx, slug: str) -> Workspace:
    for workspace in await registry.list_workspaces(tx):
        if workspace.slug == slug:
            return workspace
    raise Failed(f"There is no workspace {slug!r}; `cairn workspaces list` shows all")


async def _key(tx: Tx, workspace: Workspace, prefix: str) -> KeyRow:
    for key in await registry.list_keys(tx, workspace.id):
        if key.prefix == prefix:
            return key
    raise Failed(f"There is no key {prefix!r} in {workspace.slug}; `cairn keys list {workspace.slug}` shows all")


def _show(key: str) -> None:
    print(key)
    print("Keep it safe: it is not shown again.", file=sys.stderr)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    cells = [head, *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return "-" if value is None else str(value)


def span(text: str) -> timedelta:
    """`90s`, `30m`, `24h` or `7d` as a duration. Raises ValueError for anything else."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        raise ValueError(text)
    return timedelta(**{SPANS[match[2]]: int(match[1])})


def moment(text: str) -> datetime:
    """An RFC 3339 time, or a date, which means its first moment; in UTC unless it says else."""
    given = datetime.fromisoformat(text)
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments; each sets `command`."""
    top = argparse.ArgumentParser(prog="cairn", description="Operate Cairn.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    commands.add_parser("run", help="start all of Cairn on this machine").set_defaults(command=None)

    migrating = commands.add_parser("migrate", help="bring the database to today's shape")
    migrating.add_argument("--check", action="store_true", help="change nothing; fail when it has another shape")
    migrating.add_argument(
        "--new", nargs=2, metavar=("SCHEMA", "CHANGE"), help="write the step to what tables.py says now"
    )
    migrating.set_defaults(command=_migrate)

    rebuilding = commands.add_parser("rebuild", help="make projections again from the streams, and compare")
    rebuilding.add_argument("service", nargs="?", choices=REBUILDABLE, help="all of them when left out")
    rebuilding.add_argument("--check", action="store_true", help="replace nothing; fail when something differs")
    rebuilding.set_defaults(command=_rebuild)

    reseeding = commands.add_parser("reseed", help="fill the streams again with the newest of every aggregate")
    reseeding.add_argument("service", nargs="?", choices=SERVICES, help="the publisher; all when left out")
    reseeding.set_defaults(command=_reseed)

    verifying = commands.add_parser("verify", help="hash everything again that keeps a hash, and compare")
    verifying.add_argument("service", nargs="?", choices=SERVICES, help="all of them when left out")
    verifying.add_argument("--file", type=Path, help="check a saved answer of a provenance instead, and nothing else")
    verifying.add_argument("--heads", type=Path, help="write the newest seals there: keep them away from the database")
    verifying.add_argument("--against", type=Path, help="seals that were written so before must still be there")
    verifying.set_defaults(command=_verify)

    setting_aside = commands.add_parser("parked", help="messages that were set aside")
    parking = setting_aside.add_subparsers(required=True, metavar="ACTION")
    showing = parking.add_parser("list", help="show those of every workspace, in the order of the stream")
    showing.add_argument(
        "service", nargs="?", choices=SERVICES, help="the one that could not apply them; all when left out"
    )
    showing.add_argument("--limit", type=int, default=200, help="how many of each service; 200 when left out")
    showing.set_defaults(command=_list_parked)
    redriving = parking.add_parser(
        "redrive", help="apply one and all behind it, in order; none while one of them fails"
    )
    redriving.add_argument("service", choices=SERVICES, help="the one that could not apply them")
    redriving.add_argument("message", nargs="?", type=UUID, help="id, as the list shows it; all of them when left out")
    redriving.set_defaults(command=_redrive)

    workspaces = commands.add_parser("workspaces", help="tenants").add_subparsers(required=True, metavar="ACTION")
    creating = workspaces.add_parser("create", help="make one and print its id")
    creating.add_argument("slug", help="short name, used in addresses")
    creating.add_argument("--name", help="name for people; the slug when left out")
    creating.add_argument("--currency", default="EUR", help="ISO 4217 code that its money is in; EUR when left out")
    creating.set_defaults(command=_create_workspace)
    workspaces.add_parser("list", help="show all").set_defaults(command=_list_workspaces)

    keys = commands.add_parser("keys", help="API keys").add_subparsers(required=True, metavar="ACTION")
    making = keys.add_parser("create", help="make one and print it, this once")
    making.add_argument("workspace", help="slug")
    making.add_argument("--name", required=True, help="what it is for")
    making.add_argument(
        "--scope", action="append", choices=sorted(SCOPES), help="repeatable; every scope when left out"
    )
    making.add_argument("--expires", type=moment, help="date or RFC 3339 time")
    making.add_argument(
        "--origin", action="append", help="repeatable; whose pages may use it from a browser, for keys of boards alone"
    )
    making.add_argument("--rate", type=int, help="requests a second; the services' default when left out")
    making.set_defaults(command=_create_key)
    listing = keys.add_parser("list", help="show all of a workspace")
    listing.add_argument("workspace", help="slug")
    listing.set_defaults(command=_list_keys)
    rotating = keys.add_parser("rotate", help="make a successor and print it; the old one ends after the overlap")
    rotating.add_argument("workspace", help="slug")
    rotating.add_argument("key", help="prefix, as the list shows it")
    rotating.add_argument("--overlap", type=span, default=span("24h"), help="90s, 30m, 24h or 7d; 24h when left out")
    rotating.set_defaults(command=_rotate_key)
    revoking = keys.add_parser("revoke", help="end one; within five seconds nobody believes it")
    revoking.add_argument("workspace", help="slug")
    revoking.add_argument("key", help="prefix, as the list shows it")
    revoking.set_defaults(command=_revoke_key)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Do as told. The exit status: 0 when done, 1 when not, with the reason on standard error."""
    chosen = parser().parse_args(arguments)
    if chosen.command is None:
        return local.main([])
    try:
        asyncio.run(chosen.command(chosen))
    except (Failed, OSError, asyncpg.PostgresError) as reason:
        print(reason, file=sys.stderr)
        return 1
    except Problem as problem:
        print("\n".join([problem.detail, *(error.reason for error in problem.errors)]), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
