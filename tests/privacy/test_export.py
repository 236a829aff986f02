"""J2: an export holds everything that is stored about somebody, and nothing about anybody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.errors import InputError
from holdfast.privacy import export
from tests.privacy.planted import DEVICE, EMAIL, NAME, OLD_EMAIL, PERSON, SECOND_DEVICE, SECRET

SAID = (
    f"{SECRET} chief", f"{SECRET} broken", f"{SECRET} again", f'"said": "{SECRET}"', f"::{SECRET}", f"{SECRET} o'clock",
    f"{SECRET}, differently", f"{SECRET} other", f"not json of {PERSON}", f"{NAME} told me",
)  # fmt: skip


def test_an_export_holds_all_of_a_person_and_of_nobody_else(data: Path, tmp_path: Path) -> None:
    counts = export(data, tmp_path / "pat.json", user=PERSON)
    written = (tmp_path / "pat.json").read_text(encoding="utf-8")
    plain = written.replace('\\"', '"')
    for one in (PERSON, EMAIL, OLD_EMAIL, NAME, DEVICE, SECOND_DEVICE, *SAID):
        assert one in plain, one
    for other in ("kim@birch.example", "lee@acme.example", "Kim Birch", '"k3"', "k-1"):
        assert other not in written, other
    assert counts["users"] == 2
    assert counts["events"] >= 7
    assert set(counts) >= {"tickets", "identities", "memberships", "trials", "leads", "sent-conflicts", "kept-aside"}
    stored = json.loads(written)
    assert {row["user_id"] for row in stored["users"]} == {PERSON}


@pytest.mark.slow
def test_an_export_may_be_a_folder(data: Path, tmp_path: Path) -> None:
    counts = export(data, tmp_path / "out", account="birch")
    lines = {path.stem: len(path.read_text().splitlines()) for path in (tmp_path / "out").glob("*.jsonl")}
    assert lines == counts
    written = "".join(path.read_text() for path in (tmp_path / "out").glob("*.jsonl"))
    assert "Kim Birch" in written
    assert "Lee Acme" not in written
    assert '"t1"' not in written


def test_nobody_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nobody was named"):
        export(tmp_path, tmp_path / "x")
