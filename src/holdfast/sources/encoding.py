"""How the text of a file is written: found out from its bytes."""

from __future__ import annotations

import codecs
from pathlib import Path

from holdfast.errors import UnusableFile

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SIGNATURES = {
    b"PK\x03\x04": "a spreadsheet or a zip archive; save the sheet as CSV (UTF-8)",
    b"\xd0\xcf\x11\xe0": "an old Excel sheet; save it as CSV (UTF-8)",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"%PDF": "a PDF; export the table as CSV",
    b"SQLite format 3": "an SQLite database; export the table as CSV",
}


def text_encoding(path: Path) -> tuple[str, str | None]:
    """The encoding of a text file, and a note where it is not UTF-8. Raises `UnusableFile` for what is no text."""
    with path.open("rb") as file:
        head = file.read(4096)
    for signature, what in SIGNATURES.items():
        if head.startswith(signature):
            raise UnusableFile(f"{path} is {what}", hint="CSV, JSON lines and Parquet files can be imported")
    for bom, name in BOMS:
        if head.startswith(bom):
            return name, "read as UTF-16" if name == "utf-16" else None
    return _unmarked_utf16(head) or _utf8_or_windows(path)


def _unmarked_utf16(head: bytes) -> tuple[str, str | None] | None:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and even < odd // 4:
        return "utf-16-le", "read as UTF-16 without a mark"
    if even > len(head) // 4 and odd < even // 4:
        return "utf-16-be", "read as UTF-16 without a mark"
    return None


def _utf8_or_windows(path: Path) -> tuple[str, str | None]:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252", "not UTF-8: read as Windows-1252 (Western European)"
    return "utf-8", None
