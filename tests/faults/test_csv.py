"""CSV as programs and people leave it, through the command line (E14)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "src"
HEADER = "subscription_id,account_id,valid_from,unit_amount,plan_id\n"
COMMAND = "from holdfast.cli.main import main; main()"


def command(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, "--data", str(folder), *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        timeout=120,
        check=False,
    )


class Folder:
    def __init__(self, folder: Path) -> None:
        self.data, self.file = folder / "data", folder / "file.csv"

    def load(self, content: str | bytes, *more: str, status: int = 0) -> dict[str, Any]:
        self.file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.again(*more, status=status)

    def again(self, *more: str, status: int = 0) -> dict[str, Any]:
        done = command(self.data, "import", "subscriptions", self.file, "--format", "json", *more)
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        printed: dict[str, Any] = json.loads(done.stdout)
        assert printed["received"] == sum(printed[name] for name in ("accepted", "rejected", "duplicate", "conflict"))
        return printed

    def mrr(self, *more: str) -> Any:
        done = command(
            self.data, "query", "mrr", "--from", "2024-01-31", "--to", "2024-01-31", "--format", "json", *more
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["rows"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_ragged_rows_quotes_and_newlines(folder: Folder) -> None:
    text = (
        HEADER
        + 's1,a1,2024-01-01,10,"Gold, ""large""\nof 2 lines"\n'  # lines 2 and 3
        + "s2,a2,2024-01-01,10\n"  # line 4: a cell short
        + "s3,a3,2024-01-01,10,gold,more\n"  # line 5: a cell more
        + "\n"
        + "s4,a4,2024-01-01,10,gold\n"
        + 's5,a5,2024-01-01,10,"never closed\n'  # line 8
        + "s6,a6,2024-01-01,10,gold\n"
    )
    printed = folder.load(text, "--strict", status=1)
    assert sorted(row["line"] for row in printed["rejects"]) == [4, 5, 8]
    assert all(row["reason"] for row in printed["rejects"])
    assert (printed["accepted"], printed["rejected"]) == (3, 3)
    again = folder.again()
    assert (again["accepted"], again["duplicate"], again["rejected"]) == (0, 3, 3)
    found = {row["plan"]: row["mrr"] for row in folder.mrr("--by", "plan")}
    assert found == {'Gold, "large"\nof 2 lines': 10.0, "gold": 20.0}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_semicolons_and_decimal_commas(folder: Folder, encoding: str) -> None:
    header = "subscription_id;account_id;valid_from;unit_amount;plan_id\n"
    text = header + "s1;ä1;2024-01-01;1.234,56;größer\ns2;a2;2024-01-01;0,5;x\n"
    assert folder.load(text.encode(encoding))["accepted"] == 2
    assert [(row["plan"], row["mrr"]) for row in folder.mrr("--by", "plan")] == [("größer", 1234.56), ("x", 0.5)]
    assert folder.again()["duplicate"] == 2


def test_a_formula_is_text_or_no_number(folder: Folder) -> None:
    text = HEADER + "s1,a1,2024-01-01,10,=cmd|' /C calc'!A0\n" + "s2,a2,2024-01-01,=1+1,gold\n"
    printed = folder.load(text)
    assert [row["line"] for row in printed["rejects"]] == [3]
    assert "not a number" in printed["rejects"][0]["reason"]
    range_ = ("--from", "2024-01-01", "--to", "2024-01-01")
    shown = command(folder.data, "query", "mrr", "--by", "plan", "--format", "csv", *range_)
    assert ",'=cmd|' /C calc'!A0," in shown.stdout


def test_a_second_small_file(folder: Folder) -> None:
    """The roll-ups are brought up to date by the import, not made anew."""
    folder.load(HEADER + "".join(f"s{n},a{n},2024-01-01,10,gold\n" for n in range(50)))
    assert folder.load(HEADER + "late,a7,2024-01-05,5,gold\n")["accepted"] == 1
    assert folder.mrr()[0]["mrr"] == 505.0


def test_a_killed_import_run_again(folder: Folder) -> None:
    rows = 20_000
    folder.file.write_text(HEADER + "".join(f"s{n},a{n % 700},2024-01-01,1,gold\n" for n in range(rows)))
    arguments = ["--data", str(folder.data), "import", "subscriptions", str(folder.file)]
    for seconds in (1.2, 2.0):
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *arguments],
            env=os.environ | {"PYTHONPATH": str(SOURCE)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    printed = folder.again()
    assert printed["accepted"] + printed["duplicate"] == rows
    assert folder.again()["accepted"] == 0
    assert folder.mrr()[0]["mrr"] == rows
