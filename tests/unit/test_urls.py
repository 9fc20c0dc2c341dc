"""No credential of a URL is shown, however the URL is written and whoever quotes it."""

from __future__ import annotations

import string
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from warehouse.urls import readable_error, readable_url, without_secrets

SCHEMES = ("https", "ftp", "sftp", "s3", "postgresql", "mysql+pymysql", "mongodb+srv", "mailtos", "slack", "webdav")
# What stands in a password, unescaped or not; not the letters of the hosts, so that it cannot be found by chance.
passwords = st.text(alphabet="QXZqxz0123456789/?#@:%&=+~!$'\"é東", min_size=8, max_size=24).map(
    lambda text: f"Z9{text}q7"
)
tokens = st.text(alphabet=string.ascii_letters + string.digits + "-_", min_size=24, max_size=60).filter(
    lambda text: any(c.isdigit() for c in text[:14]) and any(c.isalpha() for c in text[:14])
)
plain_ones = st.text(alphabet="QXZqxz0123456789~!$", min_size=8, max_size=24).map(lambda text: f"Z9{text}q7")


@given(st.sampled_from(SCHEMES), passwords, st.booleans())
@example("ftp", "a/b?c#d@e", False)
def test_a_password_is_never_shown(scheme: str, password: str, is_bare: bool) -> None:
    user = password if is_bare else f"tally:{password}"
    for written in (user, quote(user, safe=":")):
        shown = readable_url(f"{scheme}://{written}@files.example.com/data?charset=utf8")
        assert password not in shown
        assert quote(password) not in shown
        assert "Z9" not in shown
        if scheme not in ("mailtos", "slack"):
            assert shown == f"{scheme}://***@files.example.com/data"


@given(tokens, st.sampled_from(["https", "s3", "sftp"]))
def test_a_path_that_is_a_key_is_not_shown(token: str, scheme: str) -> None:
    url = f"{scheme}://docs.example.com/sheets/d/e/{token}/pub?output={token}#{token}"
    assert token not in readable_url(url)
    assert readable_url(url).startswith(f"{scheme}://docs.example.com/sheets/d/e/")
    assert token not in without_secrets(f"cannot get {url}: {token} is unknown ({token!r})", url)


@given(st.sampled_from(SCHEMES), passwords, st.sampled_from(["{}", "{!r}", "said '{}'", "x{}y", "https://h/p?k={}"]))
def test_an_error_that_quotes_a_url_shows_no_password_of_it(scheme: str, password: str, quoting: str) -> None:
    url = f"{scheme}://tally:{password}@files.example.com/data"
    for quoted in (url, password, quote(password), quote(password, safe=""), password.upper()):
        shown = readable_error(ValueError(quoting.format(quoted)), url)
        assert password.casefold() not in shown.casefold()
        assert quote(password, safe="") not in shown


@given(plain_ones)
def test_the_rest_of_such_an_error_is_shown(password: str) -> None:
    error = ConnectionError(f"no answer from ftp://tally:{password}@files.example.com/data for tally\nat line 3")
    assert readable_error(error, f"ftp://tally:{password}@files.example.com/data") == (
        "no answer from ftp://***@files.example.com/data for tally"
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8000/footfall/v1", "http://127.0.0.1:8000/footfall/v1"),
        ("https://files.example.com/exports/sales-2026-11-22.csv", "https://files.example.com/exports/sales-2026-11-22.csv"),
        ("s3://bucket/tally/backups", "s3://bucket/tally/backups"),
        ("sqlite:////data/copies.sqlite?mode=ro", "sqlite:////data/copies.sqlite"),
        ("/data/me@home/copies", "/data/me@home/copies"),
        ("data/warehouse.backups", "data/warehouse.backups"),
        ("token@host:path", "***@host:path"),
        ("slack://T1/B2/C3", "slack://***"),
        ("https://h/3f2a9c1e-aaaa-bbbb-cccc-0123456789ab/x", "https://h/***/x"),
        ("https://h/a\x1b[2Jb\n", "https://h/a [2Jb"),
    ],
)  # fmt: skip
def test_what_names_a_place_is_shown(url: str, shown: str) -> None:
    assert readable_url(url) == shown
