"""The simulated companies that are measured, made once and kept in the cache folder."""

from __future__ import annotations

import hashlib
import os
import shutil
from datetime import date
from pathlib import Path

from holdfast.simulate import Truth, simulate

SINCE, UNTIL, MONTHS = date(2023, 7, 1), date(2026, 6, 30), 36
"""The months that are asked for; all of them are over."""
WITHOUT = ("invoices", "payments", "users", "memberships", "tickets", "usage_gauges", "events")
SOURCE = Path(__file__).parents[1] / "src" / "holdfast"


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holdfast-bench"


def company(accounts: int) -> tuple[Path, Truth]:
    """The data folder of a company of that size, made where the cache has none, and its truth."""
    folder = cache_folder() / f"{accounts}-{_model_hash()}"
    if not (folder / "truth.json").exists():
        for older in cache_folder().glob(f"{accounts}-*"):
            shutil.rmtree(older)
        simulate(folder, accounts=accounts, months=MONTHS, end=UNTIL, without=WITHOUT)
    return folder, Truth.read(folder)


def _model_hash() -> str:
    """Changes when the simulator or the shape of the facts does."""
    files = sorted([*(SOURCE / "simulate").glob("*.py"), *(SOURCE / "facts").glob("*.py")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:10]
