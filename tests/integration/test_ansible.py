"""The playbook on a Debian with systemd: from nothing to a running Tally, and releases that go, stay behind or come back."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.flow import PROJECT
from tests.machine import Machine, machine
from tests.servers import free_port, missing
from tests.whole_flow import NOW, ORDERS_RATE, addresses, started

pytestmark = [pytest.mark.full, pytest.mark.timeout(7200)]

ANSIBLE = PROJECT / "deploy" / "ansible"
SECRET = 'a "secret" with $HOME, `pwd` and \\ in it'
READER, READERS_HASH = b"ada:secret", "$2a$14$J1hR8ATupLCVyzVaaI5B7eVrMbwyAYMHRD78HKOb6z.JdAzZyweLS"
SERVICES = ("tally-loop.service", "tally-site.service", "caddy.service")
TIMERS = ("tally-backup.timer", "tally-compact.timer", "tally-heartbeat.timer")
VERDICT = re.compile(r"machine +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=(\d+) .* rescued=(\d+)")
# What the installation needs where this machine asks PyPI and npm through a proxy of its own.
TRUST = ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
# A change of each kind: to nothing that runs, to what is published, to what runs in production alone.
HARMLESS = ("CONTRIBUTING.md", "# ", "# A ")
OTHER_FIGURES = (
    "models/marts/operations/fct_store_performance_daily.sql",
    "then 100 * cast(sales",
    "then 50 * cast(sales",
)
NO_LOOP = ("orchestration/loop.py", "        tick = 0\n", '        raise RuntimeError("no loop in this release")\n')


@dataclass(frozen=True)
class Rollout:
    """A machine, the checkout that its releases come from, the inventory, and the port of the site's HTTPS."""

    machine: Machine
    checkout: Path
    inventory: Path
    https: int

    def play(self, version: str) -> tuple[str, int, int, int]:
        """Run the playbook; what it says, and how many tasks changed something, failed, and were rescued from."""
        done = subprocess.run(
            [
                ANSIBLE / ".venv/bin/ansible-playbook",
                "-i",
                self.inventory,
                "-e",
                f"tally_version={version}",
                "tally.yaml",
            ],
            cwd=self.checkout / "deploy/ansible",
            env=os.environ | {"ANSIBLE_HOME": str(self.inventory.parent / "ansible")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=3600,
            check=False,
        )
        verdict = VERDICT.search(done.stdout)
        assert verdict, done.stdout + done.stderr
        changed, failed, rescued = map(int, verdict.groups())
        assert (done.returncode == 0) == (failed == 0), done.stdout
        assert SECRET not in done.stdout + done.stderr
        return done.stdout, changed, failed, rescued

    def current(self) -> str:
        """The commit of the release that runs."""
        return self.machine.run("basename $(readlink /srv/tally/current)").strip()

    def publication(self) -> dict[str, Any]:
        """What production's newest publication says of itself."""
        said: dict[str, Any] = json.loads(self.machine.run("cat /srv/tally/data/warehouse.marts/publication.json"))
        return said

    def commit(self, file: str, old: str, new: str) -> str:
        """A commit upon the first one with another text in a file. The machine has it installed: with the packages of the first."""
        git(self.checkout, "checkout", "-q", "first")
        text = (self.checkout / file).read_text("utf-8")
        assert old in text
        (self.checkout / file).write_text(text.replace(old, new, 1), "utf-8")
        git(self.checkout, "commit", "-qam", f"Another {file}")
        first, commit = (git(self.checkout, "rev-parse", "--short=12", name) for name in ("first", "HEAD"))
        releases = "/srv/tally/releases"
        self.machine.run(f"cp -al {releases}/{first} {releases}/{commit} && rm {releases}/{commit}/{file}")
        self.machine.run(f"cat > {releases}/{commit}/{file}", text.replace(old, new, 1))
        return commit

    def get(self, path: str, *, logged_in: bool) -> int:
        """The status of an answer of the site, asked for by its name over TLS; the authority is Caddy's own."""
        authority = self.machine.run("cat /var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt")
        request = urllib.request.Request(f"https://localhost:{self.https}{path}")
        if logged_in:
            request.add_header("Authorization", f"Basic {b64encode(READER).decode()}")
        try:
            with urllib.request.urlopen(
                request, context=ssl.create_default_context(cadata=authority), timeout=30
            ) as answer:
                status: int = answer.status
                return status
        except urllib.error.HTTPError as error:
            return error.code


def git(checkout: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Tally", "-c", "user.email=tally@example.org")
    done = subprocess.run(["git", *identity, *arguments], cwd=checkout, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def checkout_of_this(folder: Path) -> Path:
    """A repository whose one commit, tagged `first`, is the project as it stands here."""
    named = git(PROJECT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, named.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "The project")
    git(folder, "tag", "first")
    return folder


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollout]:
    """An empty machine, and providers for it."""
    if not (ANSIBLE / ".venv/.installed").exists():
        missing("Ansible is not installed: `make deploy/ansible/.venv/.installed`")
    folder = tmp_path_factory.mktemp("rollout")
    checkout = checkout_of_this(folder / "checkout")
    with (
        started("mock_api", "--world", "seeds", "--now", NOW, "--orders-rate", ORDERS_RATE) as provider,
        machine(folder) as made,
    ):
        https = free_port()
        settings = {
            "ansible_host": "127.0.0.1",
            "ansible_port": made.port,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(made.key),
            "ansible_ssh_common_args": " ".join(made.ssh_options),
            "tally_domain": "localhost",
            "tally_tls": "internal",
            "tally_http_port": free_port(),
            "tally_https_port": https,
            "tally_readers": {"ada": READERS_HASH},
            "tally_settings": addresses(provider) | {"TALLY_NOW": NOW},
            "tally_secrets": {"SOURCES__FOOTFALL__API_KEY": SECRET},
            "tally_install_environment": {name: os.environ[name] for name in TRUST if name in os.environ},
        }
        inventory = folder / "inventory.yaml"  # JSON is YAML
        inventory.write_text(json.dumps({"tally": {"hosts": {"machine": settings}}}), "utf-8")
        yield Rollout(made, checkout, inventory, https)


def test_the_playbook_is_clean(tmp_path: Path) -> None:
    done = subprocess.run(
        [ANSIBLE / ".venv/bin/ansible-lint", "--offline", "--strict", "--profile", "production", "tally.yaml"],
        cwd=ANSIBLE,
        env=os.environ | {"ANSIBLE_HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_empty_machine_becomes_a_running_tally_and_a_second_run_changes_nothing(rollout: Rollout) -> None:
    said, changed, failed, _ = rollout.play("first")
    assert changed > 0 and failed == 0, said
    said, changed, failed, _ = rollout.play("first")
    assert (changed, failed) == (0, 0), said

    machine = rollout.machine
    for name in (*SERVICES, *TIMERS):
        assert machine.run(f"systemctl is-active {name}; systemctl is-enabled {name}").split() == ["active", "enabled"]
    assert (
        machine.run("systemd-analyze verify /etc/systemd/system/tally-*.service /etc/systemd/system/tally-*.timer 2>&1")
        == ""
    )
    # Readers get in by TLS and a password; the figures are there.
    assert [rollout.get("/", logged_in=answer) for answer in (False, True)] == [401, 200]
    assert rollout.get("/data/site.json", logged_in=True) == 200
    publication = rollout.publication()
    assert publication["stale_since"] is None
    assert publication["marts"]["fct_store_visits_daily"] > 100
    # Secrets are root's, arrive as they were written, and the service may do nothing that it need not.
    assert machine.run("stat -c '%U %a' /etc/tally/environment").strip() == "root 600"
    environment = machine.run("tr '\\0' '\\n' < /proc/$(systemctl show -P MainPID tally-loop)/environ")
    assert f"SOURCES__FOOTFALL__API_KEY={SECRET}\n" in environment
    assert f"API_KEY={SECRET}\n" in machine.run("sh -c 'set -a; . /etc/tally/environment; env'")
    assert machine.run("ps -o user= -p $(systemctl show -P MainPID tally-loop)").strip() == "tally"
    read_only = "nsenter -t $(systemctl show -P MainPID tally-loop) -m findmnt -n -o OPTIONS -T /srv/tally/"
    assert machine.run(f"{read_only}releases").startswith("ro,")
    assert machine.run(f"{read_only}data").startswith("rw,")
    # The back-up runs as the timer starts it.
    machine.run("systemctl start tally-backup.service")
    assert re.search(r"warehouse\.\d+T\d+Z\.tar\.zst", machine.run("ls /srv/tally/backups"))
    # A loop without a heartbeat is started again, one that has begun just now is not.
    pid = "systemctl show -P MainPID tally-loop"
    before = machine.run(pid)
    machine.run("touch -d '-1 day' /srv/tally/data/warehouse.heartbeat && systemctl start tally-heartbeat.service")
    assert machine.run(pid) == before
    machine.run(
        "touch -d '-1 day' /run/tally-loop /srv/tally/data/warehouse.heartbeat && systemctl start tally-heartbeat.service"
    )
    assert machine.run(pid) != before


def test_a_release_goes_by_way_of_preproduction(rollout: Rollout) -> None:
    commit = rollout.commit(*HARMLESS)
    before = rollout.publication()
    said, _, failed, rescued = rollout.play("HEAD")
    assert (failed, rescued) == (0, 0), said
    assert re.search(r"0 marts differ, \d+ are equal", said), said
    assert rollout.current() == commit
    assert rollout.publication()["published_at"] > before["published_at"]


def test_a_release_that_changes_figures_stays_in_preproduction(rollout: Rollout) -> None:
    before = rollout.current()
    rollout.commit(*OTHER_FIGURES)
    said, _, failed, rescued = rollout.play("HEAD")
    assert (failed, rescued) == (1, 0), said
    assert "Beyond the limit of 0 %: fct_store_performance_daily." in said
    assert "HEAD stays in pre-production" in said
    assert rollout.current() == before
    assert rollout.machine.run("systemctl is-active tally-loop tally-site").split() == ["active", "active"]


def test_a_release_that_fails_in_production_is_rolled_back(rollout: Rollout) -> None:
    before, published = rollout.current(), rollout.publication()
    rollout.commit(*NO_LOOP)
    said, _, failed, rescued = rollout.play("HEAD")
    assert (failed, rescued) == (1, 1), said
    assert f"The release before runs again, on its warehouse: /srv/tally/releases/{before}" in said
    assert rollout.current() == before
    assert rollout.machine.run("systemctl is-active tally-loop tally-site").split() == ["active", "active"]
    # It has built and published since, from the warehouse of before.
    assert rollout.publication()["published_at"] > published["published_at"]
    assert rollout.publication()["stale_since"] is None
