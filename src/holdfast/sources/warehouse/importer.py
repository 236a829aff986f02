"""Import of a folder of warehouse tables: find them, read them, understand them, store, count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from holdfast.errors import InputError
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources.kept_aside import KeptAside
from holdfast.sources.twice import refuse_twice
from holdfast.sources.warehouse import recurly_tables, stripe_tables
from holdfast.sources.warehouse.facts import Facts
from holdfast.sources.warehouse.folder import Folder, TableKind, read_folder
from holdfast.sources.warehouse.recurly import RecurlyFolder
from holdfast.sources.warehouse.report import FolderReport, TableUse
from holdfast.sources.warehouse.stripe import StripeFolder


@dataclass(frozen=True)
class Warehouse:
    """One kind of folder: its connector, its tables, and what reads them."""

    name: str
    connector: str
    tables: tuple[TableKind, ...]
    read: Callable[[Folder, Facts], None]


WAREHOUSES = {
    kind.name: kind
    for kind in (
        Warehouse(
            "fivetran-stripe", stripe_tables.CONNECTOR, stripe_tables.TABLES,
            lambda folder, facts: StripeFolder(folder, facts).read(),
        ),
        Warehouse(
            "fivetran-recurly", recurly_tables.CONNECTOR, recurly_tables.TABLES,
            lambda folder, facts: RecurlyFolder(folder, facts).read(),
        ),
    )
}  # fmt: skip


def import_folder(
    lake: Lake,
    settings: Settings,
    kind: str,
    path: Path | str,
    *,
    source: str | None = None,
    known_at: datetime | None = None,
) -> FolderReport:
    """Import the tables of one folder. The folder is read whole before anything of it is stored."""
    warehouse = WAREHOUSES[kind]
    folder = read_folder(Path(path), warehouse.connector, warehouse.tables)
    report = FolderReport(kind)
    _describe(folder, report)
    lake.prepare(settings.timezone)
    aside = KeptAside(lake.root.parent, kind)
    facts = Facts(source or kind, settings.zone, report, aside)
    for table in folder.tables.values():
        for broken in table.broken:
            facts.set_aside(broken)
    warehouse.read(folder, facts)
    for use in report.tables:
        use.left_out = facts.left_out(use.name)
    refuse_twice(lake, facts.source, facts.subscriptions)
    facts.store(lake, known_at or lake.next_instant(*facts.tables))
    _note_unknown(report)
    report.kept_in = aside.close()
    return report


def one_folder(paths: Iterable[Path]) -> Path:
    """The only path. Raises `InputError` where there are several."""
    several = list(paths)
    if len(several) != 1:
        raise InputError(f"one folder is imported at a time, and {len(several)} paths were given")
    return several[0]


def _describe(folder: Folder, report: FolderReport) -> None:
    for table in folder.tables.values():
        files = [file.name for file in table.files]
        looked_up = " (looked up, not counted)" if table.kind.looked_up else ""
        report.tables.append(
            TableUse(table.kind.name, files, len(table.rows) + len(table.broken), table.kind.read_as + looked_up)
        )
    report.ignored = folder.ignored
    report.missing = {kind.name: kind.without for kind in folder.missing}


def _note_unknown(report: FolderReport) -> None:
    if report.unknown_spans:
        report.note(
            f"no record shows {report.unknown_spans:,} of {report.spans:,} spans"
            f" (in {report.unknown_subscriptions:,} subscriptions): they hold what is known of the time after,"
            " and are marked in known_by"
        )
