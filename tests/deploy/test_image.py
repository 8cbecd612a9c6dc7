"""The image and the compose file: they cannot be run here, so they are held to their rules, and to the code's."""

import re
from pathlib import Path
from typing import Any

import yaml

from deploy import SERVICES, cli
from deploy import run as service_run
from deploy.administration import Administration
from shared.settings import Settings
from tests.deploy.tools import ROOT, run

COMPOSE = ROOT / "deploy/compose.yaml"
DOCKERFILE = ROOT / "deploy/Dockerfile"


def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())


def known(fields: dict[str, Any]) -> set[str]:
    """Variables that settings are read from."""
    return {f"CAIRN_{field}".upper() for field in fields}


def test_the_compose_file_is_one(tmp_path: Path) -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    done = run("check-jsonschema", [*schema, COMPOSE])
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text().replace("restart: unless-stopped", "restarts: unless-stopped"))
    assert run("check-jsonschema", [*schema, wrong]).returncode != 0, "it sees what is wrong"


def test_the_dockerfile_passes_hadolint() -> None:
    done = run("hadolint", ["--no-color", DOCKERFILE])
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = run("hadolint", ["-"], given="FROM python\nRUN cd /tmp && apt-get install x\n")
    assert wrong.returncode != 0, "it sees what is wrong"


def test_compose_starts_every_service_with_settings_it_knows() -> None:
    parts = compose()["services"]
    for service in SERVICES:
        chosen = service_run.parser().parse_args(parts[service]["command"])
        assert chosen.service == service
        assert parts[service]["ports"][0].endswith(f":{chosen.port}")
        assert f":{chosen.port}/readyz" in parts[service]["healthcheck"]["test"][-1]
        names = set(parts[service]["environment"])
        assert names <= known(Settings.model_fields)
        assert {f"CAIRN_{n}".upper() for n, field in Settings.model_fields.items() if field.is_required()} <= names
        assert parts[service]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert set(parts["migrate"]["environment"]) <= known(Administration.model_fields)
    assert cli.parser().parse_args(parts["migrate"]["command"]).command is cli._migrate
    assert "sync_interval: always" in compose()["configs"]["nats"]["content"]


def test_compose_names_every_secret_that_it_asks_for() -> None:
    """At its head, where whoever makes the .env file reads."""
    text = COMPOSE.read_text()
    asked = set(re.findall(r"\$\{(\w+):\?", text))
    head = text.partition("name: cairn")[0]
    assert asked
    assert {name for name in asked if name not in head} == set()


def test_the_image_is_made_of_what_there_is() -> None:
    text = DOCKERFILE.read_text()
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in source.split():
            assert (ROOT / name).exists(), name
    ignored = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text().splitlines()
    copied = {
        name for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for name in source.split()
    }
    assert {f"!{name}" for name in copied} <= set(ignored), "ignored, so not there when it is built"
    assert "\nUSER 10001:10001\n" in text, "not as root"
