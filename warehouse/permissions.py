"""Files that only their owner may read, with any umask: the warehouse, and all beside it that is not published.

The published marts and the site are made to be read by others: they follow the umask.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER_ONLY = 0o077


@contextmanager
def owner_only() -> Iterator[int]:
    """Within the block every file and folder that this process makes is readable by its owner alone; yields the umask before.

    DuckDB and dlt make files of their own, now and then, as long as a connection is open: hence the umask, not a mode.
    """
    before = os.umask(OWNER_ONLY)
    try:
        yield before
    finally:
        os.umask(before)


def close_to_others(path: Path) -> None:
    """Take every right of other users away from a file or folder, such as one that an older version made."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OWNER_ONLY:
            path.chmod(mode & ~OWNER_ONLY)
    except FileNotFoundError:  # nothing there yet: it is made within `owner_only`
        return
    except PermissionError:  # another user's file, whose rights are that user's to set
        return


def follow_umask(folder: Path, umask: int) -> None:
    """Give a folder and the files in it the rights that they would have had without `owner_only`."""
    folder.chmod(0o777 & ~umask)
    for file in folder.iterdir():
        file.chmod(0o666 & ~umask)
