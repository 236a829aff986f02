"""A company of a few accounts whose names and plans are script, in a cohort that grows while it loses one."""

from __future__ import annotations

from pathlib import Path

from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files

SCRIPT = "<script>alert('x')</script>"
PLAN = "<img src=x onerror=alert(1)>"


def hostile_company(folder: Path) -> Path:
    """The data folder. Accounts became customers in January 2026; the second left in April, the first pays more."""
    files = folder / "files"
    files.mkdir(parents=True)
    accounts = [("a/b?c=1#d", SCRIPT), ("gone", "Gone"), ("small", '"><script>alert(2)</script>')]
    rows = [
        ("a/b?c=1#d", "s1", "2026-01-05", "2026-03-05", "100"),
        ("a/b?c=1#d", "s1", "2026-03-05", "", "500"),
        ("gone", "s2", "2026-01-09", "2026-04-09", "50"),
        ("small", "s3", "2026-02-01", "", "10"),
    ]
    told = ["account_id,name", *(f'"{one}","{name.replace(chr(34), chr(34) * 2)}"' for one, name in accounts)]
    (files / "accounts.csv").write_text("\n".join(told))
    head = "account_id,subscription_id,plan,status,valid_from,valid_to,unit_price,quantity,interval,currency"
    body = [f'"{a}",{s},"{PLAN}",active,{start},{end},{price},1,month,EUR' for a, s, start, end, price in rows]
    (files / "subscriptions.csv").write_text("\n".join([head, *body]))
    lake, settings = Lake(folder / "lake"), Settings.load(folder)
    for kind in ("accounts", "subscriptions"):
        report = import_files(lake, settings, kind, [files / f"{kind}.csv"])
        assert not report.rejected, report.rejects
    return folder
