"""The chart renders, is what Kubernetes takes, and starts what the code has."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from deploy import SERVICES, cli
from deploy import run as service_run
from deploy.administration import Administration
from shared.settings import Settings
from tests.deploy.tools import ROOT, run

CHART = ROOT / "deploy/helm"
GIVEN = {"image": {"repository": "images.example/cairn"}, "nats": {"url": "nats://one:4222,nats://two:4222"}}
VARIANTS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "together": {"split": False},
    "guarded": {
        "nats": {"url": "", "secret": {"name": "nats", "key": "url"}},
        "networkPolicy": {
            "enabled": True,
            "from": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}],
            "egress": [{"ports": [{"port": 5432, "protocol": "TCP"}]}],
        },
    },
    "everything": {
        "image": {"tag": "1", "pullSecrets": [{"name": "private"}]},
        "migration": {"secret": {"rolePasswords": ""}},
        "services": {"scoring": {"publicUrl": "https://api.example.com", "worker": {"replicas": 4}}},
        "env": {"CAIRN_RATE_LIMIT": "1048576", "CAIRN_TRACE_ENDPOINT": "http://collector:4318/v1/traces"},
        "networkPolicy": {"enabled": True},
        "podLabels": {"team": "product"},
        "podAnnotations": {"prometheus.io/scrape": "true"},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "high",
        "serviceAccountName": "cairn",
    },
    "one of each": {"api": {"replicas": 1}, "worker": {"replicas": 1}, "migration": {"enabled": False}},
}
# The oldest that Chart.yaml admits, and the newest that the validator knows.
KUBERNETES = ("1.29", "")

Manifest = dict[str, Any]


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The second laid over the first, as Helm does it."""
    together = dict(one)
    for name, value in other.items():
        both = isinstance(together.get(name), dict) and isinstance(value, dict)
        together[name] = merged(together[name], cast("dict[str, Any]", value)) if both else value
    return together


def rendering(values: Mapping[str, Any], folder: Path) -> tuple[int, str, str]:
    """The exit status of Helm, what it rendered and what it complained of."""
    path = folder / "values.yaml"
    path.write_text(yaml.safe_dump(dict(values)))
    done = run("helm", ["template", "acme", CHART, "--namespace", "product", "--values", path])
    return done.returncode, done.stdout, done.stderr


def rendered(variant: str, folder: Path) -> list[Manifest]:
    """Manifests of one's own to change."""
    return [each for each in yaml.load_all(_text(variant, folder), yaml.CSafeLoader) if each]


_texts: dict[str, str] = {}


def _text(variant: str, folder: Path) -> str:
    """Rendered once: Helm takes a quarter of a second, and all of it is the same every time."""
    if variant not in _texts:
        status, _texts[variant], complaint = rendering(merged(GIVEN, VARIANTS[variant]), folder)
        assert status == 0, complaint
    return _texts[variant]


def kinds(manifests: Sequence[Manifest], kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] == kind}


def selected(manifests: Sequence[Manifest], labels: Mapping[str, str]) -> set[str]:
    """Deployments whose pods have these labels."""
    return {
        name
        for name, each in kinds(manifests, "Deployment").items()
        if labels.items() <= each["spec"]["template"]["metadata"]["labels"].items()
    }


def container(workload: Manifest) -> Manifest:
    (only,) = workload["spec"]["template"]["spec"]["containers"]
    return only


def test_it_passes_helms_own_lint(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump(GIVEN))
    done = run("helm", ["lint", "--strict", CHART, "--values", path])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_kubernetes_takes_it(kubernetes: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"{variant}.yaml" for variant in VARIANTS]
    for variant, path in zip(VARIANTS, paths, strict=True):
        path.write_text(_text(variant, tmp_path))
    version = ["--kubernetes-version", kubernetes] if kubernetes else []
    done = run("kubernetes-validate", ["--strict", *version, *paths])
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_validator_sees_what_is_wrong(tmp_path: Path) -> None:
    manifests = rendered("as it comes", tmp_path)
    next(iter(kinds(manifests, "Deployment").values()))["spec"]["replica"] = 2
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump_all(manifests))
    assert run("kubernetes-validate", ["--strict", path]).returncode != 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_pods_start_what_there_is_with_the_settings_it_knows(variant: str, tmp_path: Path) -> None:
    manifests = rendered(variant, tmp_path)
    roles = {"both"} if variant == "together" else {"api", "worker"}
    started: set[tuple[str, str]] = set()
    for deployment in kinds(manifests, "Deployment").values():
        pod = container(deployment)
        chosen = service_run.parser().parse_args(pod["args"])
        started.add((chosen.service, chosen.role))
        (port,) = pod["ports"]
        assert (chosen.host, chosen.port) == ("0.0.0.0", port["containerPort"])  # noqa: S104  # a pod's own address
        names = {each["name"] for each in pod["env"]}
        assert names <= {f"CAIRN_{field}".upper() for field in Settings.model_fields}
        needed = {f"CAIRN_{name}".upper() for name, field in Settings.model_fields.items() if field.is_required()}
        assert needed <= names
        probes = {name: pod[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
        assert {name: probe["path"] for name, probe in probes.items()} == {
            "startup": "/healthz",
            "liveness": "/healthz",
            "readiness": "/readyz",
        }
        assert {probe["port"] for probe in probes.values()} == {port["name"]}
    assert started == {(service, role) for service in SERVICES for role in roles}


@pytest.mark.parametrize("variant", VARIANTS)
def test_pods_are_promised_resources_and_may_do_little(variant: str, tmp_path: Path) -> None:
    manifests = rendered(variant, tmp_path)
    workloads = [*kinds(manifests, "Deployment").values(), *kinds(manifests, "Job").values()]
    assert len(workloads) >= 3
    for workload in workloads:
        pod = workload["spec"]["template"]["spec"]
        assert set(container(workload)["resources"]["requests"]) == {"cpu", "memory"}
        assert "memory" in container(workload)["resources"]["limits"]
        assert container(workload)["securityContext"]["readOnlyRootFilesystem"] is True
        assert container(workload)["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert pod["securityContext"]["runAsNonRoot"] is True
        # As the image says.
        assert f"USER {pod['securityContext']['runAsUser']}:" in (ROOT / "deploy/Dockerfile").read_text()
        assert pod["automountServiceAccountToken"] is False


@pytest.mark.parametrize("variant", VARIANTS)
def test_secrets_are_named_and_never_written(variant: str, tmp_path: Path) -> None:
    manifests = rendered(variant, tmp_path)
    assert kinds(manifests, "Secret") == {}
    secret = {"CAIRN_DATABASE_URL", "CAIRN_KEY_PEPPER", "CAIRN_SEALING_KEY", "CAIRN_ADMIN_URL", "CAIRN_ROLE_PASSWORDS"}
    secret |= {"CAIRN_NATS_URL"} if variant == "guarded" else set()
    met: dict[str, set[str]] = {}
    for workload in [*kinds(manifests, "Deployment").values(), *kinds(manifests, "Job").values()]:
        for each in container(workload)["env"]:
            assert ("value" in each) == (each["name"] not in secret), each
            if "value" not in each:
                met.setdefault(each["name"], set()).add(each["valueFrom"]["secretKeyRef"]["name"])
    assert met["CAIRN_DATABASE_URL"] == {f"cairn-{service}" for service in SERVICES}, "each as its own role"
    assert ("CAIRN_ROLE_PASSWORDS" in met) == (variant not in {"everything", "one of each"})


def test_the_schemas_are_brought_up_to_date_before_any_pod_starts(tmp_path: Path) -> None:
    (job,) = kinds(rendered("as it comes", tmp_path), "Job").values()
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    pod = container(job)
    assert pod["command"] == ["cairn"]
    assert cli.parser().parse_args(pod["args"]).command is cli._migrate
    assert {each["name"] for each in pod["env"]} <= {f"CAIRN_{field}".upper() for field in Administration.model_fields}
    # What a hook needs must be there before the release is.
    assert "serviceAccountName" not in job["spec"]["template"]["spec"]
    assert kinds(rendered("one of each", tmp_path), "Job") == {}


@pytest.mark.parametrize("variant", VARIANTS)
def test_requests_reach_the_pods_that_serve_them(variant: str, tmp_path: Path) -> None:
    manifests = rendered(variant, tmp_path)
    role = "both" if variant == "together" else "api"
    for service in SERVICES:
        found = kinds(manifests, "Service")[f"acme-cairn-{service}"]
        assert selected(manifests, found["spec"]["selector"]) == {f"acme-cairn-{service}-{role}"}
        assert found["spec"]["ports"][0]["targetPort"] == "http"
    for name, deployment in kinds(manifests, "Deployment").items():
        assert selected(manifests, deployment["spec"]["selector"]["matchLabels"]) == {name}, "its own pods alone"


@pytest.mark.parametrize("variant", VARIANTS)
def test_replicated_pods_survive_a_drain_and_single_ones_do_not_stop_it(variant: str, tmp_path: Path) -> None:
    manifests = rendered(variant, tmp_path)
    budgets = kinds(manifests, "PodDisruptionBudget")
    replicas = {name: each["spec"]["replicas"] for name, each in kinds(manifests, "Deployment").items()}
    assert set(budgets) == {name for name, count in replicas.items() if count > 1}
    for name, budget in budgets.items():
        assert selected(manifests, budget["spec"]["selector"]["matchLabels"]) == {name}
        assert budget["spec"]["minAvailable"] == 1
    assert replicas.get("acme-cairn-scoring-worker", 0) == {"everything": 4, "one of each": 1, "together": 0}.get(
        variant, 2
    )


def test_settings_arrive_as_they_were_written(tmp_path: Path) -> None:
    manifests = rendered("everything", tmp_path)
    for deployment in kinds(manifests, "Deployment").values():
        values = {each["name"]: each.get("value") for each in container(deployment)["env"]}
        assert values["CAIRN_RATE_LIMIT"] == "1048576"
        service = service_run.parser().parse_args(container(deployment)["args"]).service
        if service == "roadmap":
            services = kinds(manifests, "Service")
            asked = {values[f"CAIRN_{sibling.upper()}_URL"] for sibling in ("feedback", "scoring")}
            assert asked == {"http://acme-cairn-feedback", "http://acme-cairn-scoring"}
            assert all(services[url.removeprefix("http://")]["spec"]["ports"][0]["port"] == 80 for url in asked)
        assert values["CAIRN_PUBLIC_URL"] == ("https://api.example.com" if service == "scoring" else "")
        template = deployment["spec"]["template"]
        assert template["metadata"]["labels"]["team"] == "product"
        assert template["spec"]["serviceAccountName"] == "cairn"
        assert container(deployment)["image"] == "images.example/cairn:1"


def test_connections_are_restricted_where_that_is_wanted(tmp_path: Path) -> None:
    assert kinds(rendered("as it comes", tmp_path), "NetworkPolicy") == {}
    (policy,) = kinds(rendered("guarded", tmp_path), "NetworkPolicy").values()
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    own, *others = policy["spec"]["ingress"][0]["from"]
    assert own == {"podSelector": policy["spec"]["podSelector"]}, "roadmap asks feedback and scoring"
    assert others == VARIANTS["guarded"]["networkPolicy"]["from"]
    ports = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
    assert ports == [53, 53, "http", 5432]
    assert policy["spec"]["egress"][1]["to"] == [own]
    (policy,) = kinds(rendered("everything", tmp_path), "NetworkPolicy").values()
    assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert "from" not in policy["spec"]["ingress"][0]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"image": {"repository": ""}}, "repository"),
        ({"nats": {"url": ""}}, "nats"),
        ({"nats": {"secret": {"name": "nats", "key": "url"}}}, "nats"),
        ({"nats": {"url": "http://nats:4222"}}, "url"),
        ({"replicas": 3}, "replicas"),
        ({"services": {"billing": {}}}, "billing"),
        ({"services": {"scoring": {"publicUrl": "api.example.com"}}}, "publicUrl"),
        ({"api": {"resources": {"requests": {"cpu": None}}}}, "cpu"),
        ({"env": {"CAIRN_RATE_LIMIT": 20_000}}, "CAIRN_RATE_LIMIT"),
        ({"env": {"PATH": "x"}}, "env"),
    ],
)
def test_values_that_would_not_work_are_refused(wrong: dict[str, Any], complaint: str, tmp_path: Path) -> None:
    status, _, said = rendering(merged(GIVEN, wrong), tmp_path)
    assert status != 0
    assert complaint in said


def test_every_value_is_described_and_has_its_default() -> None:
    values: Manifest = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = json.loads((CHART / "values.schema.json").read_text())
    # `global` is Helm's.
    assert set(values) == set(schema["properties"]) - {"global"}
    for name, each in schema["properties"].items():
        assert each["description"], name


def test_it_is_of_the_version_that_the_project_is() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert chart["appVersion"] == project["version"]
