"""A disk of a few megabytes, which a test can fill: a tmpfs of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.servers import missing

MEGABYTE = 1_000_000


class SmallDisk:
    """A tmpfs mounted at `path`. Mounting takes root, or sudo that asks for no password."""

    def __init__(self, path: Path, megabytes: int) -> None:
        self.path = path
        path.mkdir(exist_ok=True)
        options = f"size={megabytes * MEGABYTE},uid={os.getuid()},mode=0755"
        done = self._as_root("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path))
        if done.returncode:
            missing(f"a small disk cannot be mounted here ({done.stderr.strip()}): run the tests as root, or with sudo")

    def free(self) -> int:
        """Bytes that are left."""
        return shutil.disk_usage(self.path).free

    def grow(self, megabytes: int) -> None:
        """Make it that large."""
        done = self._as_root("mount", "-o", f"remount,size={megabytes * MEGABYTE}", str(self.path))
        assert done.returncode == 0, done.stderr

    def fill(self, *, but: int) -> None:
        """Fill it but for so many bytes."""
        with (self.path / "ballast").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, self.free() - but))

    def empty(self) -> None:
        """Take away what filled it."""
        (self.path / "ballast").unlink()

    def unmount(self) -> None:
        """Give it back, with all that is on it."""
        self._as_root("umount", "--lazy", str(self.path))

    def _as_root(self, *command: str) -> subprocess.CompletedProcess[str]:
        sudo = [] if os.getuid() == 0 else ["sudo", "--non-interactive"]
        try:
            return subprocess.run([*sudo, *command], capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            return subprocess.CompletedProcess(command, 1, "", str(error))
