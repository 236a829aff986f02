"""What every command shares: the data folder, the engine, and how errors are shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from holdfast.errors import HoldfastError

if TYPE_CHECKING:
    from holdfast.workspace import Workspace

DEFAULT_DATA = "holdfast-data"
UNUSABLE = 2
"""Exit status where the command cannot be carried out as given."""


@dataclass
class Chosen:
    """The options before the command's name."""

    data: Path
    engine: str = "duckdb"
    engine_options: dict[str, str] = field(default_factory=dict)
    named: bool = True
    """False where no data folder was named and the default one is used."""

    def open(self) -> Workspace:
        """The workspace, on the engine that was chosen. Raises `InputError` where the folder is missing."""
        import holdfast
        from holdfast.errors import InputError

        if not self.data.is_dir():
            raise InputError(
                f"there is no data folder {self.data}",
                hint="bring data in with: holdfast import subscriptions FILE, or look around with: holdfast demo",
            )
        return holdfast.open(self.data, self.engine, self.engine_options)


def data_folder(named: Path | None) -> Path:
    """The folder that --data names, else HOLDFAST_DATA, else ./holdfast-data."""
    return named or Path(os.environ.get("HOLDFAST_DATA") or DEFAULT_DATA)


@contextmanager
def told() -> Iterator[None]:
    """Show Holdfast's own errors as a sentence on stderr, and exit with 2."""
    try:
        yield
    except HoldfastError as error:
        show_error(error)
        raise typer.Exit(UNUSABLE) from error


def show_error(error: HoldfastError) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), error.message))
    if error.hint:
        console.print(Text.assemble(("hint: ", "bold cyan"), error.hint))
