"""`holdfast rebuild-days`: the company's calendar moves to another time zone."""

from __future__ import annotations

import typer

from holdfast.cli.context import told


def rebuild_days(context: typer.Context) -> None:
    """Compute every day anew in the time zone of the settings, after it was changed."""
    from holdfast.lake import Lake
    from holdfast.settings import Settings

    with told():
        data = context.obj.data
        zone = Settings.load(data).timezone
        changed = Lake(data / "lake").rebuild_days(zone)
    typer.echo(f"Days are those of {zone} now; changed tables: {', '.join(changed) or 'none'}.")
