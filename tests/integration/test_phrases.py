"""Languages: the phrase files, what is written without them, the digest and the mail in French and in a made-up third one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from fluent.syntax import FluentParser
from fluent.syntax.ast import BaseNode, Junk, Message, TextElement, VariableReference
from typer.testing import CliRunner

from notifications.__main__ import app
from publishing.parquet import publish
from tests.flow import PROJECT
from tests.integration.test_publishing import record_build

LOCALES = PROJECT / "locales"
REPORTS = PROJECT / "reports"
PAGES = sorted(
    [
        *(REPORTS / "pages").rglob("*.md"),
        *(REPORTS / "pages").glob("*.svelte"),
        *(REPORTS / "components").glob("*.svelte"),
    ]
)
SCRIPTS = sorted([*(REPORTS / "components").glob("*.js"), *(REPORTS / "pages").glob("*.js")])

# Named the same in every language.
NAMES = {"Tally", "make run"}
# Built of a part that the code works out: the kinds of these are held against the code by what makes them.
OF_DATA = (
    "state",
    "reason",
    "verdict",
    "model",
    "outcome",
    "order",
    "region",
    "run",
    "source",
    "entity",
    "status",
    "holiday",
    "usable",
)
BUILT = re.compile(r"`([a-z_]+-[\w-]*\$\{|[a-z_]+-?\$\{)")


def phrases(language: str) -> dict[str, Message]:
    body = FluentParser().parse((LOCALES / f"{language}.ftl").read_text("utf-8")).body
    assert [entry for entry in body if isinstance(entry, Junk)] == []
    found = [entry for entry in body if isinstance(entry, Message)]
    assert len({entry.id.name for entry in found}) == len(found)
    return {entry.id.name: entry for entry in found}


def nodes(node: object) -> Iterator[BaseNode]:
    if isinstance(node, BaseNode):
        yield node
        for value in vars(node).values():
            yield from nodes(value)
    elif isinstance(node, list):
        for each in node:
            yield from nodes(each)


def filled_in(phrase: Message) -> set[str]:
    return {node.id.name for node in nodes(phrase) if isinstance(node, VariableReference)}


def text_of(phrase: Message) -> str:
    return " ".join(node.value for node in nodes(phrase) if isinstance(node, TextElement))


def test_french_has_every_phrase_with_the_same_values() -> None:
    english, french = phrases("en"), phrases("fr")
    assert french.keys() == english.keys()
    assert {name: filled_in(phrase) for name, phrase in french.items()} == {
        name: filled_in(phrase) for name, phrase in english.items()
    }


def test_french_is_french() -> None:
    """What reads the same in both languages is short: a name, a unit, a word that both have."""
    english, french = phrases("en"), phrases("fr")
    same = {name for name in english if text_of(english[name]).strip() == text_of(french[name]).strip()}
    assert {
        text_of(french[name]) for name in same if len(re.findall(r"[^\W\d_]{3,}", text_of(french[name]))) > 3
    } == set()
    for name, phrase in french.items():
        text = text_of(phrase)
        assert not re.search(
            r"(?<![\u202f\u00a0])[;:!?»%](?!//)|«(?!\u202f)|'", re.sub(r"^[;:!?»%]", "", text)
        ) or re.search(r"^\s*$|`|seeds/|docs/", text), (name, text)


def source(file: Path) -> str:
    return file.read_text("utf-8")


def test_pages_have_no_words_of_their_own() -> None:
    """Text, headings and attributes for people, in Markdown and components, are phrases."""
    found = {}
    for file in PAGES:
        text = re.sub(r"\A---\n.*?\n---\n|<!--.*?-->|<(script|style)\b.*?</\1>", "", source(file), flags=re.DOTALL)
        shown = re.findall(
            r"""(?:title|label|aria-label|placeholder|alt)=["']([^"'{}]*[A-Za-z]{2}[^"'{}]*)["']""", text
        )
        while re.search(r"\{[^{}]*\}", text):
            text = re.sub(r"\{[^{}]*\}", "", text)
        text = re.sub(r"<[^<>]*>", "\n", text)
        shown += [line.strip("# ()") for line in text.splitlines()]
        if words := {each.strip() for each in shown if re.search(r"[A-Za-z]{2}", each)} - NAMES:
            found[file.name, file.parent.name] = words
    assert found == {}


def test_scripts_have_no_sentences_of_their_own() -> None:
    """What a script calls a label, a title or a note comes from the phrases, and no text of it begins as a sentence does."""
    found = {}
    for file in [*PAGES, *SCRIPTS]:
        if file.name == "theme.js":  # its labels are colours
            continue
        text = source(file)
        if file.suffix != ".js":
            text = "\n".join(re.findall(r"<script[^>]*>(.*?)</script>", text, flags=re.DOTALL))
            text += "\n".join(re.findall(r"columns=\{\[.*?\]\}|figures=\{\[.*?\]\}", source(file), flags=re.DOTALL))
        text = re.sub(r"throw new Error\(.*|/\*.*?\*/|^\s*//.*$| // .*$", "", text, flags=re.MULTILINE)
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        named = re.findall(r"""\b(?:label|title|note|value|heading|text): (['"`][^'"`$]*[a-z]{3}[^'"`$]*['"`])""", text)
        begun = re.findall(r"""['"`]([A-Z][a-z]+(?: [a-z]+)+[^'"`]*)['"`]""", text)
        if named or begun:
            found[file.name, file.parent.name] = [*named, *begun]
    assert found == {}


def test_notifications_have_no_sentences_of_their_own() -> None:
    """Texts of two words and more in the digest, the report and the mail are phrases; errors and logs are the command line's, and SQL is SQL."""
    found = []
    for name in ("digest", "alerts", "report", "report_sections"):
        tree = ast.parse(source(PROJECT / "notifications" / f"{name}.py"))
        exempt = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.Raise | ast.Return | ast.Expr | ast.Call)
            and (
                isinstance(node, ast.Raise)
                or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
                or (
                    isinstance(node, ast.Call)
                    and ast.unparse(node.func).split(".")[-1] in ("rows", "execute", "debug", "append")
                )
            )
            for part in ast.walk(node)
        }
        texts = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in exempt
        ]
        found += [text for text in texts if re.search(r"[A-Za-z]{2,} [a-z]{2,}", text) and "select" not in text]
    assert [
        text
        for text in found
        if not re.match(
            r"currency in| ?sent to| addresses|visit_date between|, without a PDF|nothing new|Nothing new| could not be|address ",
            text,
        )
    ] == []


def test_every_phrase_that_is_asked_for_is_there_and_none_is_left_over() -> None:
    known = set(phrases("en"))
    code = "\n".join(source(file) for file in [*PAGES, *SCRIPTS])
    python = "\n".join(
        source(file)
        for folder in ("notifications", "warehouse", "publishing", "reports", "tools")
        for file in (PROJECT / folder).glob("*.py")
    )
    asked = set(re.findall(r"""\bt\(['"]([\w-]+)['"]""", code)) | set(
        re.findall(r"""\bphrase\(\s*['"]([\w-]+)['"]""", python)
    )
    assert asked - known == set()
    quoted = set(re.findall(r"""['"]([\w-]+)['"]""", code + python)) | set(
        re.findall(r"\{\{([\w-]+)\}\}", source(REPORTS / "static/404.html"))
    )
    models = source(PROJECT / "macros/operations/messages.sql")
    begun = [part.split("${")[0] for part in BUILT.findall(code)] + [
        part.split("{")[0] for part in re.findall(r'''f"([a-z_]+-?[a-z_]*\{[^"]*)"''', python)
    ]
    starts = tuple(start for start in begun if len(start) > 3) + tuple(f"{kind}-" for kind in OF_DATA)
    groups = re.findall(r"^        '(\w+)': \{", models, flags=re.MULTILINE)
    assert {
        name
        for name in known - asked
        if name not in quoted and not name.startswith(starts) and name.split("-")[0] not in groups
    } == set()


@pytest.fixture
def shop(warehouse: Path) -> Path:
    """A store with a day far from its usual, a silent door, an air limit passed, and sales in two currencies; published."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute("""
            create table marts.dim_stores as
            select 'lyon' as store_id, 'Lyon' as store_name, date '2026-11-23' as latest_complete_date,
                timestamp '2026-11-24 07:00:00' as newest_hour_at, 'Europe/Paris' as timezone
        """)
        connection.execute("""
            create table marts.fct_store_visits_daily as
            select
                'lyon' as store_id, date '2026-11-23' - n::integer as visit_date, 1234::bigint as visits,
                1234.0::decimal(18, 3) as visits_estimated, 1097.0::double as visits_usual, 12.5::double as visits_vs_usual_pct,
                -1.25::double as visits_avg_4w_change_pct, 95.0::double as coverage_pct,
                case when n = 0 then 'Christmas Day' end as closed_reason, 1000::bigint as visits_same_day_last_year
            from range(20) as days (n)
        """)
        connection.execute("""
            create table marts.agg_sales_total as
            select * from (values ('EUR', 1::bigint, 2::bigint, 1234.5::decimal(18, 2), 1::bigint, 20::decimal(18, 2), true))
                as t (currency, sales, units, revenue, returned_units, returns, is_main_currency)
        """)
        silent = '{"id":"alerts-sensor_silent-message","entity":"lyon-1","hours":"1","moment":"2026-11-23 23:30:00"}'
        usual = '{"id":"alerts-store_day_off_usual-below","store":"Lyon","percent":"25","day":"2026-11-23"}'
        connection.execute(f"""
            create table marts.fct_alerts as
            select * from (values
                ('a', 'silent', 'lyon-1', 'critical', timestamp '2026-11-23 23:30:00', null::timestamp, 'English', '{silent}'),
                ('b', 'usual', 'lyon', 'warning', timestamp '2026-11-23 05:00:00', null, 'English', '{usual}')
            ) as t (alert_id, rule_id, entity, severity, opened_at, closed_at, message, message_parts)
        """)
        connection.execute(f"""
            create table marts.agg_attention as
            select * from (values
                ('English', 'English', true, 'sensor_silent', 'Lyon', 7, 5, '[{silent},{silent}]'),
                ('English', 'English', false, 'store_day_off_usual', 'Lyon', 1, 0, '[{usual}]')
            ) as t (title, detail, is_urgent, kind, place, alerts, left_out, parts)
        """)
    record_build(warehouse, 3)
    publish(warehouse)
    return warehouse


def said(warehouse: Path, *arguments: str, **settings: str) -> str:
    done = CliRunner().invoke(app, list(arguments), env={"TALLY_WAREHOUSE": str(warehouse)} | settings)
    assert done.exit_code == 0, done.output
    return str(done.stdout).replace("\u202f", " ").replace("\u00a0", " ")


def test_the_digest_in_french(shop: Path) -> None:
    text = said(shop, "digest", SITE__LOCALE="fr-FR")
    lines = text.splitlines()
    assert lines[0] == "# Tally, lundi 23 novembre 2026"
    assert lines[2] == "Fréquentation jusqu’au 24 novembre 2026 à 08:00. Les heures sont celles du fuseau Europe/Paris."
    assert lines[6:8] == [
        "- **Lyon : 7 portes sont muettes** (critique). lyon-1 depuis 1 heures d’ouverture ; lyon-1 depuis 1 heures d’ouverture et 5 autres.",
        "- **Lyon : une journée inhabituelle**. Lyon a reçu 25 % de visiteurs de moins que d’habitude le lundi 23 novembre 2026.",
    ]
    (row,) = [line for line in lines if line.startswith("| Lyon") and "+12,5 %" in line]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "Lyon", "1 234", "1 097", "+12,5 %", "−1,2 %", "95,0 %", "fermé : Noël",
    ]  # fmt: skip
    assert "1 234,50 € de chiffre d’affaires ; ventes : 1, articles : 2." in lines
    assert "Les retours, 20,00 € (1 article), sont déduits." in lines


def test_the_mail_in_french_is_said_on_the_owners_clock(shop: Path) -> None:
    text = said(shop, "alerts", "--dry-run", "--no-digest", SITE__LOCALE="fr-FR", SITE__TIMEZONE="Indian/Reunion")
    assert text.splitlines() == [
        "Tally : alertes, 2 nouvelles",
        "",
        "## Nouvelles alertes",
        "",
        "- lyon-1 est muet depuis 1 heure d’ouverture ; son dernier relevé date du 24 novembre 2026 à 03:30 (critique, depuis le 24 novembre 2026 à 03:30)",
        "- Lyon a reçu 25 % de visiteurs de moins que d’habitude le lundi 23 novembre 2026 (depuis le 23 novembre 2026 à 09:00)",
        "",
        "Les heures sont celles du fuseau Indian/Reunion.",
    ]


def test_a_third_language_is_one_file_and_one_setting(shop: Path, icelandic: Path) -> None:
    """What the file has is said in it, figures and days as that language writes them, and the rest in English."""
    icelandic.write_text("mail-opened = Nýjar viðvaranir\ndigest-attention = Þarf athygli\n", encoding="utf-8")

    assert "## Nýjar viðvaranir\n\n- lyon-1 has been silent" in said(
        shop, "alerts", "--dry-run", "--no-digest", SITE__LOCALE="is-IS"
    )
    text = said(shop, "digest", SITE__LOCALE="is-IS")
    assert "# Tally, mánudagur, 23. nóvember 2026" in text
    assert "## Þarf athygli" in text
    assert "Returns of 20,00 EUR (1 unit) are taken off." in text


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("SITE__LOCALE", "tlh", "SITE__LOCALE cannot be used: it is not a language such as en-GB or fr-FR"),
        ("SITE__LOCALE", "de-DE", "there is no locales/de.ftl: write one (docs/languages.md), or choose of en, fr"),
        ("SITE__TIMEZONE", "Paris", "SITE__TIMEZONE cannot be used: it is not a time zone such as Europe/Paris"),
    ],
)
def test_a_setting_that_cannot_be_used_says_what_can(shop: Path, setting: str, value: str, message: str) -> None:
    done = CliRunner().invoke(app, ["digest"], env={"TALLY_WAREHOUSE": str(shop), setting: value})
    assert done.exit_code == 1
    assert message in done.stderr
