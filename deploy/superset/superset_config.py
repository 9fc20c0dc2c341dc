"""Superset's settings: its state in one folder, no request to another host, and of files only the published marts."""

import os
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

HOME = Path(os.environ["SUPERSET_HOME"])
MARTS = Path(os.environ["SUPERSET_MARTS"])

SECRET_KEY = (HOME / "secret_key").read_text("utf-8").strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"
SQLALCHEMY_EXAMPLES_URI = None

# Nothing is loaded from elsewhere, whatever the pages ask for: a measuring pixel is compiled into them.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'none'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
SESSION_COOKIE_SAMESITE = "Strict"
FAB_ADD_SECURITY_API = False
AUTH_USER_REGISTRATION = False
PUBLIC_ROLE_LIKE = None
# A new publication is seen at once.
CACHE_CONFIG = DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
FILTER_STATE_CACHE_CONFIG = EXPLORE_FORM_DATA_CACHE_CONFIG = {
    "CACHE_TYPE": "SupersetMetastoreCache",
    "CACHE_DEFAULT_TIMEOUT": 86400,
}
RATELIMIT_STORAGE_URI = "memory://"
FEATURE_FLAGS = {"ALERT_REPORTS": False, "DASHBOARD_RBAC": False}


_ONE_AT_A_TIME = Lock()


@event.listens_for(Engine, "connect")
def _only_the_marts(connection: Any, _record: Any) -> None:
    """A connection to the views reads the published files and no other, whatever SQL someone writes."""
    if not type(connection).__module__.startswith("duckdb_engine"):
        return
    cursor = connection.cursor()
    folder = str(MARTS).replace("'", "''")
    # Connections that are open at the same time share their settings: the first of them locks these.
    with _ONE_AT_A_TIME:
        cursor.execute("select current_setting('lock_configuration')")
        if not cursor.fetchone()[0]:
            cursor.execute(f"set allowed_directories = ['{folder}']")
            cursor.execute("set disabled_optimizers = 'top_n_window_elimination'")
            cursor.execute("set enable_external_access = false")
            cursor.execute("set lock_configuration = true")
    cursor.close()
