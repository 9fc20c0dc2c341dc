"""A Debian machine of a test's own: a container with systemd in it, to which SSH leads as to any other machine."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import find, free_port, listens

SUITE = "trixie"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = "systemd,systemd-sysv,dbus,python3,openssh-server,ca-certificates"
AUTHORITIES = Path("/usr/local/share/ca-certificates")
AS_ROOT = () if os.getuid() == 0 else ("sudo", "--non-interactive")
# systemd 257 starts on the unified cgroups alone; where this machine has others, the container gets them in a view of its own.
BOOT = """
set -e
if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ]; then
  umount -R /sys/fs/cgroup
  mount -t cgroup2 none /sys/fs/cgroup
fi
mkdir -p "/sys/fs/cgroup/$2"
echo $$ > "/sys/fs/cgroup/$2/cgroup.procs"
exec systemd-nspawn --quiet --register=no --keep-unit --console=pipe --machine="$2" --directory="$1" --boot
"""


@dataclass(frozen=True)
class Machine:
    """A running machine: the folder of its disk, where its SSH listens on this one, and the key of its root."""

    disk: Path
    port: int
    key: Path

    @property
    def ssh_options(self) -> list[str]:
        """What every SSH to it is given."""
        return ["-o", f"UserKnownHostsFile={self.key}.hosts", "-o", "StrictHostKeyChecking=accept-new"]

    def run(self, command: str, text: str = "") -> str:
        """The output of a shell's command as its root, which reads `text`; it must end well."""
        ssh = ["ssh", "-i", str(self.key), "-p", str(self.port), *self.ssh_options, "root@127.0.0.1", command]
        done = subprocess.run(ssh, input=text, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """An empty Debian that has started; it shares this machine's network."""
    debootstrap = find("debootstrap", "debootstrap", "/usr/sbin")
    find("systemd-nspawn", "systemd-container")
    find("ssh", "openssh-client")
    made = Machine(folder / "disk", free_port(), folder / "key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", made.key], check=True)
    subprocess.run(
        [*AS_ROOT, debootstrap, "--variant=minbase", f"--include={PACKAGES}", SUITE, made.disk, MIRROR],
        check=True,
        capture_output=True,
    )
    _write(made.disk / "root/.ssh/authorized_keys", made.key.with_name("key.pub").read_text("utf-8"))
    _write(made.disk / "etc/ssh/sshd_config.d/test.conf", f"Port {made.port}\nListenAddress 127.0.0.1\n")
    # Authorities that this machine trusts beyond Debian's, such as that of a proxy.
    for authority in AUTHORITIES.glob("*.crt"):
        _write(made.disk / AUTHORITIES.relative_to("/") / authority.name, authority.read_text("utf-8"))
    subprocess.run([*AS_ROOT, "chroot", made.disk, "update-ca-certificates"], check=True, capture_output=True)
    name = f"tally-test-{os.getpid()}"
    log = folder / "console.log"
    boot = [*AS_ROOT, "unshare", "--mount", "--propagation", "private", "sh", "-c", BOOT, "boot", made.disk, name]
    with (
        log.open("wb") as console,
        subprocess.Popen(boot, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT) as container,
    ):
        try:
            until = time.monotonic() + 120
            while not listens(made.port):
                assert container.poll() is None and time.monotonic() < until, log.read_text("utf-8", errors="replace")
                time.sleep(0.2)
            yield made
        finally:
            subprocess.run([*AS_ROOT, "kill", str(container.pid)], check=False)
            try:
                container.wait(60)
            except subprocess.TimeoutExpired:
                subprocess.run([*AS_ROOT, "kill", "-KILL", str(container.pid)], check=False)
                container.wait()
            subprocess.run([*AS_ROOT, "rm", "-rf", "--one-file-system", made.disk], check=False)


def _write(file: Path, text: str) -> None:
    """A file of the machine's disk, which is root's."""
    if not AS_ROOT:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return
    subprocess.run([*AS_ROOT, "mkdir", "-p", file.parent], check=True)
    subprocess.run([*AS_ROOT, "tee", file], input=text, text=True, check=True, stdout=subprocess.DEVNULL)
