"""A metric on a page: its chart, its table, and the ways to question and to export it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from holdfast.charts import words as plain
from holdfast.web.company import Answer
from holdfast.web.view import View

CURRENCY = "currency"


@dataclass(frozen=True)
class Column:
    """A column of a table: its name in the rows, what it is called, and how its values are shown."""

    name: str
    label: str
    kind: str

    @property
    def is_figure(self) -> bool:
        return self.kind in ("money", "count", "rate", "number")


@dataclass(frozen=True)
class Panel:
    """An answer under a title, seen with a view. `options` are those of the metric that are not the default."""

    answer: Answer
    view: View
    title: str = ""
    height: int = 260
    options: Mapping[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    """The columns of the table that are shown; all where none are named."""
    instead: Mapping[str, Any] = field(default_factory=dict)
    """What the page decides in place of the view."""
    lines: tuple[dict[str, Any], ...] | None = None
    """The rows of the table, where it is to show some alone."""

    @property
    def name(self) -> str:
        return self.answer.metric.name

    @property
    def anchor(self) -> str:
        """What tells it from other panels of the same metric on a page."""
        return "-".join((self.name, *filter(None, (self.options.get("column"), *self.instead.get("by", ())))))

    @property
    def heading(self) -> str:
        return self.title or self.answer.metric.title

    @property
    def columns(self) -> list[Column]:
        kinds = {column.name: column.kind for column in self.answer.metric.columns}
        names = [name for name in self.answer.result.arrow.column_names if not self.only or name in self.only]
        return [Column(name, plain.words(name), kinds.get(name, "dimension")) for name in names]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.answer.rows if self.lines is None else list(self.lines)

    @property
    def grain(self) -> str:
        return self.answer.query.grain

    def url(self, place: str, **more: Any) -> str:
        """An address about this answer under `/{place}/`, such as its explanation or a file."""
        return self.view.url(place, **{**dict(self.instead), **dict(self.options), **more})

    @property
    def chart_url(self) -> str:
        return self.url(f"/charts/{self.name}.json")

    @property
    def explain_url(self) -> str:
        return self.url(f"/explain/{self.name}")

    def file_url(self, suffix: str) -> str:
        folder = "charts" if suffix in ("png", "svg") else "files"
        return self.url(f"/{folder}/{self.name}.{suffix}")
