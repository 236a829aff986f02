"""Which reader a file needs: found out from its first bytes, not only from its name."""

from __future__ import annotations

from pathlib import Path

from holdfast.errors import UnusableFile
from holdfast.sources.csv_rows import CsvFile
from holdfast.sources.encoding import text_encoding
from holdfast.sources.json_rows import JsonLinesFile
from holdfast.sources.parquet_rows import ParquetFile
from holdfast.sources.rows import RowFile

JSON_ENDINGS = (".jsonl", ".ndjson", ".json")


def open_rows(path: Path) -> RowFile:
    """The rows of a CSV, JSON lines or Parquet file. Raises `UnusableFile` that says what to do."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise UnusableFile(f"cannot read {path}: {error.strerror}") from error
    if magic == b"PAR1":
        return ParquetFile(path)
    start = _first_character(path)
    if start == "[":
        raise UnusableFile(
            f"{path} is one JSON list", hint="write one object a line, for example with: jq -c '.[]' file.json"
        )
    is_json = start == "{" or path.suffix.lower() in JSON_ENDINGS
    return JsonLinesFile(path) if is_json else CsvFile(path)


def _first_character(path: Path) -> str:
    encoding, _ = text_encoding(path)
    with path.open(encoding=encoding, errors="replace") as file:
        return file.read(4096).lstrip()[:1]
