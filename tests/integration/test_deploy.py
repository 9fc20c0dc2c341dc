"""What is under deploy/: checked by the tools that know the formats, and against the project that it starts."""

from __future__ import annotations

import json
import re
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
    profiles = [word for name in ("airflow", "mariadb", "mongodb") for word in ("--profile", name)]
    found: dict[str, Any] = json.loads(
        checked("docker-compose", "-f", "deploy/compose.yaml", *profiles, "config", "--format", "json")
    )
    return found


def manifests() -> list[dict[str, Any]]:
    return [document for file in MANIFESTS for document in yaml.safe_load_all(file.read_text("utf-8"))]


def test_the_dockerfile_is_clean() -> None:
    checked("hadolint", "--failure-threshold", "info", "deploy/Dockerfile")


def test_images_are_pinned() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    images = re.findall(r"^ARG (?:PYTHON|NODE)=(\S+)", dockerfile, re.MULTILINE)
    images += re.findall(r"image: (docker\.io\S+)", (DEPLOY / "compose.yaml").read_text("utf-8"))
    assert len(images) == 4
    assert all(re.search(r":\d+\.\d+\.\d+(-|$)", image) for image in images), images


def test_the_worker_waits_for_the_provider_and_every_port_is_this_machines(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"provider", "worker", "site", "airflow", "mariadb", "mongodb"}
    assert services["worker"]["depends_on"]["provider"]["condition"] == "service_healthy"
    assert {name for name, service in services.items() if not service.get("profiles")} == {"provider", "worker", "site"}
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports and all(port["host_ip"] == "127.0.0.1" for port in ports)


def test_manifests_are_valid() -> None:
    checked("kubernetes-validate", "--strict", "--quiet", *MANIFESTS)


def test_one_pod_writes_the_warehouse_and_runs_as_nobody_special() -> None:
    (deployment,) = (each for each in manifests() if each["kind"] == "Deployment")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"]["type"] == "Recreate"
    for manifest in manifests():
        if manifest["kind"] in ("Deployment", "CronJob"):
            template = (
                manifest["spec"] if manifest["kind"] == "Deployment" else manifest["spec"]["jobTemplate"]["spec"]
            )["template"]["spec"]
            assert template["securityContext"]["runAsNonRoot"] is True
            for container in template["containers"]:
                assert set(container["resources"]["limits"]) == {"cpu", "memory"}
                assert container["securityContext"]["allowPrivilegeEscalation"] is False


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
