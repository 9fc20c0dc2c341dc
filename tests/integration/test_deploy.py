"""What is under deploy/: checked by the tools that know the formats, and against the project that it starts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingestion.sources import NAMES, source

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def checked(program: str, *arguments: str | Path) -> str:
    """A checker out of the test group, which must find nothing; its output."""
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """compose.yaml as Compose itself reads it, with every profile."""
    profiles = [word for name in ("airflow", "superset", "mariadb", "mongodb") for word in ("--profile", name)]
    found: dict[str, Any] = json.loads(
        checked("docker-compose", "-f", "deploy/compose.yaml", *profiles, "config", "--format", "json")
    )
    return found


def manifests() -> list[dict[str, Any]]:
    return [document for file in MANIFESTS for document in yaml.safe_load_all(file.read_text("utf-8"))]


def test_the_dockerfile_is_clean() -> None:
    checked("hadolint", "--failure-threshold", "info", "deploy/Dockerfile")


def test_an_image_holds_what_its_commands_import(tmp_path: Path) -> None:
    """Of what is in git, the build gets what .dockerignore lets in: the commands start on that alone."""
    let_in = [line[1:] for line in (PROJECT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    tracked = subprocess.run(
        ["git", "ls-files", "-z", *let_in], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, tracked.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    for module in ("orchestration", "ingestion", "publishing", "notifications", "metrics", "reports", "mock_api"):
        said = subprocess.run(
            [sys.executable, "-m", module, "--help"],
            cwd=tmp_path,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, f"{module}: {said.stderr}"
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    compiled = re.search(r"compileall -q -j 0 (.+?) reports/", dockerfile)
    assert compiled is not None
    packages = {file.parent.name for file in tmp_path.glob("*/__init__.py")} - {"reports"}
    assert set(compiled[1].split()) == packages


def test_images_and_actions_are_pinned_by_digest() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    images = re.findall(r"^ARG (?:PYTHON|NODE)=(\S+)", dockerfile, re.MULTILINE)
    images += re.findall(r"image: (docker\.io\S+)", (DEPLOY / "compose.yaml").read_text("utf-8"))
    assert len(images) == 4
    assert all(re.search(r":\d+\.\d+\.\d+(-[a-z-]+)?@sha256:[0-9a-f]{64}$", image) for image in images), images
    workflows = "".join(file.read_text("utf-8") for file in (PROJECT / ".github/workflows").glob("*.yml"))
    actions = re.findall(r"uses: (.+)", workflows)
    assert actions
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action) for action in actions), actions


def test_packages_are_installed_as_their_locks_say() -> None:
    for file in ("Makefile", "deploy/Dockerfile"):
        text = (PROJECT / file).read_text("utf-8")
        assert re.findall(r"npm (install|ci)\b", text) == ["ci"], file
        assert all("--frozen" in line for line in text.splitlines() if "uv sync" in line or "$(UV) sync" in line), file
    for place in ("orchestration/airflow", "deploy/superset", "deploy/ansible"):
        lines = (PROJECT / place / "requirements.txt").read_text("utf-8").splitlines()
        packages = [line for line in lines if line and not line.lstrip().startswith("#")]
        assert packages and all(re.match(r"[\w.\[\]-]+==\S+", line) for line in packages), place


def test_the_worker_waits_for_the_provider_and_every_port_is_this_machines(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"provider", "worker", "site", "airflow", "superset", "mariadb", "mongodb"}
    assert services["worker"]["depends_on"]["provider"]["condition"] == "service_healthy"
    assert {name for name, service in services.items() if not service.get("profiles")} == {"provider", "worker", "site"}
    # Whoever reaches a database's port is asked for a password, which comes as a file and not in its environment.
    for name, variable in (("mariadb", "MARIADB_PASSWORD_FILE"), ("mongodb", "MONGO_INITDB_ROOT_PASSWORD_FILE")):
        (secret,) = services[name]["secrets"]
        assert services[name]["environment"][variable] == f"/run/secrets/{secret['source']}"
        assert compose["secrets"][secret["source"]]["environment"] == secret["source"].upper()
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports and all(port["host_ip"] == "127.0.0.1" for port in ports)


def test_manifests_are_valid() -> None:
    checked("kubernetes-validate", "--strict", "--quiet", *MANIFESTS)


def pods() -> list[dict[str, Any]]:
    """The template of each pod: its metadata and its spec."""
    specs = {
        each["metadata"]["name"]: each["spec"] for each in manifests() if each["kind"] in ("Deployment", "CronJob")
    }
    return [spec.get("jobTemplate", {"spec": spec})["spec"]["template"] for spec in specs.values()]


def test_one_pod_writes_the_warehouse_and_runs_as_nobody_special() -> None:
    (deployment,) = (each for each in manifests() if each["kind"] == "Deployment")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"]["type"] == "Recreate"
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        assert "startupProbe" in container and {"livenessProbe", "readinessProbe"} & set(container)
    assert len(pods()) == 2
    for pod in pods():
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        for container in pod["spec"]["containers"]:
            assert set(container["resources"]["limits"]) == {"cpu", "memory"}
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}
    # What the image has written elsewhere than there would fail.
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    written = dict(re.findall(r"(TALLY_WAREHOUSE|DBT_TARGET_PATH|DBT_LOG_PATH|--home-dir)[= ](\S+)", dockerfile))
    assert len(written) == 4
    assert all(f"{path}/".startswith("/data/") for path in written.values()), written


def test_only_readers_come_to_the_pods() -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in manifests() if each["kind"] == "NetworkPolicy"}
    everything = policies.pop("tally")
    assert everything["policyTypes"] == ["Ingress", "Egress"]
    assert everything["ingress"] == []
    (selected,) = everything["podSelector"]["matchExpressions"]
    labels = {pod["metadata"]["labels"][selected["key"]] for pod in pods()}
    assert set(selected["values"]) == labels
    (site,) = policies.values()
    (rule,) = site["ingress"]
    assert rule["from"] and [port["port"] for port in rule["ports"]] == [3000]


@pytest.mark.parametrize("where", ["compose", "kubernetes"])
def test_every_address_that_is_set_is_one_that_ingestion_reads(
    where: str, compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (config,) = (each for each in manifests() if each["kind"] == "ConfigMap")
    environment = config["data"] if where == "kubernetes" else compose["services"]["worker"]["environment"]
    addresses = {
        name: value for name, value in environment.items() if name.startswith("SOURCES__") and name.endswith("_URL")
    }
    read: dict[str, str] = {}
    without_address = []
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    for name in NAMES:
        settings = source(name).settings.load()
        own = {settings.variable(field): value for field, value in settings if field.endswith("_url")}
        if not own:
            without_address.append(name)
        read |= own
    assert read == addresses
    assert without_address == []
