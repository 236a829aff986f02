"""Any view as a file: the same figures as the answer, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import openpyxl
import pyarrow.parquet as pq
import pytest

from holdfast.web.company import Question

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

VIEW = "?from=2026-07-01&to=2026-09-30&by=plan"
ASKED = Question("mrr", {"start": "2026-07-01", "end": "2026-09-30", "by": ("plan",)})


def test_files_hold_the_answer(client: TestClient) -> None:
    answer = client.app.state.company.answers([ASKED])[0]  # type: ignore[attr-defined]
    csv_file = client.get(f"/files/mrr.csv{VIEW}")
    assert csv_file.headers["content-disposition"] == 'attachment; filename="mrr.csv"'
    assert csv_file.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(csv_file.text)))
    assert [float(row["mrr"]) for row in rows] == [float(row["mrr"]) for row in answer.rows]
    assert client.get(f"/files/mrr.json{VIEW}").json()["rows"] == answer.result.to_dicts()
    assert pq.read_table(io.BytesIO(client.get(f"/files/mrr.parquet{VIEW}").content)).equals(answer.result.arrow)
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/files/mrr.xlsx{VIEW}").content))
    sheet = book.worksheets[0]
    assert sheet.max_row == len(answer.rows) + 1
    assert book.sheetnames[1] == "What it means"


def test_only_what_there_is(client: TestClient) -> None:
    assert client.get("/files/mrr.exe").status_code == 422
    assert client.get("/files/nothing.csv").status_code == 404
    assert client.get("/files/mrr.csv?by=nothing").status_code == 404
