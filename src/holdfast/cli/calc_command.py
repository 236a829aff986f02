"""`holdfast calc`: calculators that need no data folder, one command each, made from their declarations."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from holdfast.calculators import Calculator, Input, listed
from holdfast.cli.context import told

if TYPE_CHECKING:
    from rich.console import RenderableType

    from holdfast.calculators import Answer

Format = Literal["table", "json"]
METAVARS = {"count": "N", "money": "AMOUNT", "rate": "RATE", "number": "NUMBER", "pairs": "A:B", "texts": "TEXT"}

calc = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@calc.callback()
def calculators(
    context: typer.Context,
    format_: Annotated[Format, typer.Option("--format", help="how the list is printed")] = "table",
) -> None:
    """Calculators that need no data folder: figures in, a number that explains itself out. Alone, it lists them."""
    if context.invoked_subcommand is None:
        _list(format_)


def _list(format_: Format) -> None:
    if format_ == "json":
        found = [{"calculator": c.name, "unit": c.unit, "says": c.says, "example": c.command} for c in listed()]
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for one in listed():
        table.add_row(Text(one.name, style="bold"), Text(one.says))
        table.add_row("", Text(one.command, style="dim"))
    Console(highlight=False).print(table)


def command_of(declared: Calculator) -> Callable[..., None]:
    """A command with an option for each input."""

    def command(**given: Any) -> None:
        format_ = given.pop("format_")
        with told():
            answer = declared.answer(**{name: tuple(v) if isinstance(v, list) else v for name, v in given.items()})
            _give(declared, answer, format_)

    options = [_option(one) for one in declared.inputs]
    as_text = typer.Option("--format", help="how the answer is printed")
    options.append(_keyword("format_", Annotated[Format, as_text], "table"))
    command.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    command.__annotations__ = {}
    command.__doc__ = f"{declared.title}. {declared.says}\n\nFor example: {declared.command}"
    return command


def _option(declared: Input) -> inspect.Parameter:
    meaning = declared.meaning + (" (needed)" if declared.required else "")
    meaning += f"; {declared.default} by default" if declared.default is not None else ""
    metavar = "|".join(declared.choices) or METAVARS[declared.kind]
    kind = list[str] | None if declared.repeated else str | None
    return _keyword(
        declared.name, Annotated[kind, typer.Option(f"--{declared.option}", metavar=metavar, help=meaning)], None
    )


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


for _calculator in listed():
    calc.command(_calculator.name)(command_of(_calculator))


def _give(declared: Calculator, answer: Answer, format_: Format) -> None:
    if format_ == "json":
        found = {**answer.to_json(), "title": declared.title, "formula": declared.formula}
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
        return
    from rich.console import Console

    console = Console(highlight=False)
    for part in _parts(declared, answer):
        console.print(part)


def _parts(declared: Calculator, answer: Answer) -> list[RenderableType]:
    """The answer in the order in which it is questioned: the number, how, of what, by which other rules."""
    from rich.text import Text

    parts: list[RenderableType] = [Text.assemble((f"{declared.title}  ", "bold"), (str(answer), "bold green"))]
    rows = [("Formula", declared.formula), *(("", step) for step in answer.steps)]
    rows += [("Counted", declared.counted), ("Not counted", declared.not_counted)]
    parts.append(_grid([*rows, *(("Note", note) for note in answer.notes)]))
    if answer.figures:
        parts += [Text("With it", style="bold"), _numbers([_figure(one) for one in answer.figures])]
    if answer.variants:
        parts += [Text("By the rules of", style="bold"), _numbers([_variant(one, answer) for one in answer.variants])]
    return parts


def _figure(figure: Any) -> tuple[str, str, str]:
    from holdfast.calculators.numbers import shown

    return figure.name, figure.steps, shown(figure.value, figure.unit)


def _variant(variant: Any, answer: Answer) -> tuple[str, str, str]:
    from holdfast.calculators.numbers import shown

    how = f"{variant.rule}: {variant.steps}" if variant.steps else variant.rule
    return ", ".join(variant.used_by), how, shown(variant.value, answer.unit)


def _grid(rows: list[tuple[str, str]]) -> RenderableType:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, text in rows:
        table.add_row(name, Text(text))
    return Padding(table, (1, 0, 1, 0))


def _numbers(rows: list[tuple[str, str, str]]) -> RenderableType:
    """Names and ways at the left, numbers at the right, lined up."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for justify, width in (("left", 22), ("left", None), ("right", None)):
        table.add_column(justify=justify, max_width=width)  # type: ignore[arg-type]
    for name, how, number in rows:
        table.add_row(Text(name), Text(how, style="dim"), Text(number, no_wrap=True))
    return Padding(table, (0, 0, 1, 0))
