"""A warehouse of a test's own, and commands on it in processes of an environment that has more than the tests' own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from textwrap import indent

from tests.flow import PROJECT
from tests.whole_flow import clean


class Place:
    """A warehouse at a path, with these settings; commands on it run in the environment of this Python."""

    def __init__(self, python: Path, path: Path, settings: dict[str, str]) -> None:
        self.path = path
        self.environment = clean() | {"TALLY_WAREHOUSE": str(path)} | settings
        self._python = python

    def begin(self, *command: str) -> subprocess.Popen[str]:
        """Start `dbt …`, or `python -m …`."""
        program = [str(self._python.with_name("dbt"))] if command[0] == "dbt" else [str(self._python), "-m", command[0]]
        return subprocess.Popen(
            [*program, *command[1:]], cwd=PROJECT, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *command: str) -> str:
        """What a command says, which must end well."""
        process = self.begin(*command)
        said = process.communicate()[0]
        assert process.returncode == 0, said[-5000:]
        return said

    def refused(self, *command: str) -> str:
        """What a command says that must end with an error."""
        process = self.begin(*command)
        said = process.communicate()[0]
        assert process.returncode, said
        return said

    def ask(self, script: str, *arguments: object) -> list[object]:
        """What a script prints that sees `connection`, open to read, and its arguments from `sys.argv[2]` on."""
        head = "import json, sys; from pathlib import Path; from warehouse.connection import opened\n"
        quiet = "    connection.execute('set enable_progress_bar = false')\n"
        body = f"{head}with opened(Path(sys.argv[1])) as connection:\n{quiet}{indent(script, '    ')}"
        done = subprocess.run(
            [str(self._python), "-c", body, str(self.path), *map(str, arguments)], cwd=PROJECT, env=self.environment, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-5000:]
        return [json.loads(line) for line in done.stdout.splitlines()]

    def rows(self, statement: str) -> object:
        """The answer to a query, asked as every command that reads the warehouse asks it."""
        (answer,) = self.ask("print(json.dumps(connection.execute(sys.argv[2]).fetchall(), default=str))", statement)
        return answer
