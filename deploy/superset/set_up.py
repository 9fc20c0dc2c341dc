"""Make Superset's own database or bring it over, its first user, and what Tally brings; run again, it adds nothing.

One process, because starting Superset's command takes a quarter of a minute each time.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

HOME = Path(os.environ["SUPERSET_HOME"])
USER = "admin"


def private(path: Path, text: str) -> None:
    """Write a file that its owner alone can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def main() -> None:
    """Everything, in order."""
    os.umask(0o077)
    if not (HOME / "secret_key").exists():
        private(HOME / "secret_key", secrets.token_urlsafe(48))
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        import flask_migrate
        import superset

        flask_migrate.upgrade(directory=str(Path(superset.__file__).parent / "migrations"))
        app.appbuilder.add_permissions(update_perms=True)
        manager = superset.security_manager
        manager.sync_role_definitions()
        if manager.find_user(USER) is None:
            password = secrets.token_urlsafe(12)
            made = manager.add_user(USER, "Tally", "Admin", "admin@localhost", manager.find_role("Admin"), password)
            if not made:
                raise SystemExit("superset: the user admin could not be made")
            private(HOME / "password", password + "\n")
        bring_in(manager)


def bring_in(manager: object) -> None:
    """Import database, datasets, charts and dashboards; what is not of Tally's stays as it is."""
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.utils.core import override_user

    assets = HOME / "assets"
    contents = {file.relative_to(assets).as_posix(): file.read_text("utf-8") for file in sorted(assets.rglob("*.yaml"))}
    with override_user(manager.find_user(USER)):  # type: ignore[attr-defined]
        ImportAssetsCommand(contents).run()
    print(f"Superset has {len(contents) - 1} files of Tally's.")


if __name__ == "__main__":
    main()
