"""Writes docs/reference/*.md from the code; with `--check` it writes nothing and fails where a page is out of date."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from holdfast import benchmarks, calculators
from holdfast.benchmarks import Benchmark, words
from holdfast.calculators import Calculator, Input
from holdfast.facts import TABLES, Table
from holdfast.metrics import catalog
from holdfast.metrics.policy import PRESETS, SWITCHES, Switch, policy
from holdfast.metrics.registry import Metric
from holdfast.settings import FILE_NAME, Settings

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by tools/gen_docs.py from the code: run `make docs`, do not edit. -->"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table.

    >>> table(["name", "meaning"], [["mrr", "a | b"]])
    ['| name | meaning |', '|---|---|', '| mrr | a \\\\| b |']
    """
    lines = [header, *rows]
    text = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return [text[0], "|" + "---|" * len(header), *text[1:]]


def code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def anchor(heading: str) -> str:
    """The fragment by which Markdown viewers link to a heading.

    >>> anchor("`mrr-movements`: What moved it?")
    'mrr-movements-what-moved-it'
    """
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return kept.strip().replace(" ", "-")


def metric_section(metric: Metric) -> list[str]:
    """What a reader needs to know of one metric, in the order in which they ask."""
    return [
        f"## {metric.name}",
        "",
        f"**{metric.title}** ({metric.unit}). {metric.definition}",
        "",
        f"Formula: {metric.formula}",
        "",
        *table(["column", "kind", "meaning"], [[f"`{c.name}`", c.kind, c.meaning] for c in metric.columns]),
        "",
        *options_lines(metric),
        f"Reads {code(metric.sources)}. Depends on the policy switches {code(metric.heeds) or 'none'}.",
        *([f"Source of the definition: {metric.reference}"] if metric.reference else []),
        "",
        f'Try it: `holdfast query {metric.name}`. In Python: `workspace.query("{metric.name}")`.',
        "",
    ]


def options_lines(metric: Metric) -> list[str]:
    if not metric.options:
        return []
    rows = [[f"`--{option.name.replace('_', '-')}`", str(option.default), option.meaning] for option in metric.options]
    return [*table(["option", "default", "meaning"], rows), ""]


def metrics_page() -> list[str]:
    metrics = sorted(catalog.load().values(), key=lambda metric: metric.name)
    index = [[f"[{m.name}](#{anchor(m.name)})", m.title, m.unit] for m in metrics]
    return [
        "# Metrics",
        "",
        "Every metric that Holdfast computes, on every engine and under every [policy](policies.md). Money is shown in",
        "major units of its currency, a rate is a fraction between 0 and 1 or above, and null where it does not exist.",
        "",
        *table(["metric", "what it shows", "unit"], index),
        "",
        *(line for metric in metrics for line in metric_section(metric)),
    ]


def allowed(switch: Switch) -> str:
    if switch.values:
        return code(switch.values)
    return "a positive number" + (" or `none`" if switch.optional else "")


def value_in(preset: str, switch: Switch) -> str:
    """What a preset says of a switch, in bold where that is not the default."""
    return f"**{PRESETS[preset][switch.name]}**" if switch.name in policy(preset).differences else switch.default


def policies_page() -> list[str]:
    switches = [[f"`{s.name}`", s.meaning, f"`{s.default}`", allowed(s)] for s in SWITCHES.values()]
    sides = [[f"`{switch.name}`", *(value_in(preset, switch) for preset in PRESETS)] for switch in SWITCHES.values()]
    return [
        "# Policies",
        "",
        "Companies and billing tools count the same facts by different rules. A policy is a value for every one of",
        "the switches below. A preset follows the published rules of a well-known system; where a rule is not",
        "published, the default stands. Choose one with `--policy NAME`, change single switches with",
        f"`--set switch=value`, and keep policies of your own under `[policies.NAME]` in `{FILE_NAME}`",
        "(see [settings](settings.md)).",
        "",
        "## Switches",
        "",
        *table(["switch", "decides", "default", "values"], switches),
        "",
        "## Presets side by side",
        "",
        "What differs from the default is in bold.",
        "",
        *table(["switch", *(f"`{preset}`" for preset in PRESETS)], sides),
    ]


def settings_page() -> list[str]:
    rows = [
        [f"`HOLDFAST_{name.upper()}`", f"`{name}`", default_of(name), field.description or ""]
        for name, field in Settings.model_fields.items()
    ]
    return [
        "# Settings",
        "",
        f"A setting is an environment variable, else a key in `{FILE_NAME}` in the data folder, else its default.",
        "",
        *table(["variable", f"key in {FILE_NAME}", "default", "meaning"], rows),
        "",
        "The data folder itself is `--data DIR`, else `HOLDFAST_DATA`, else `./holdfast-data`.",
        "",
        "A policy of your own names the preset it starts from and the [switches](policies.md) that differ:",
        "",
        "```toml",
        'timezone = "Europe/Berlin"',
        'currency = "EUR"',
        "",
        "[policies.board]",
        'base = "stripe"',
        'paused = "count"',
        "```",
    ]


def default_of(name: str) -> str:
    value = Settings.model_fields[name].get_default(call_default_factory=True)
    return f"`{value}`" if value not in ("", {}, None) else "none"


def table_section(declared: Table) -> list[str]:
    rows = [[f"`{c.name}`", c.type, c.unit, c.meaning, "yes" if c.required else ""] for c in declared.own_columns]
    key = f"One row for each {code(declared.key)}." if declared.key else "Rebuilt from the facts at any time."
    header = ["column", "type", "unit", "meaning", "always there"]
    return [f"## {declared.name}", "", f"{declared.meaning} {key}", "", *table(header, rows), ""]


def tables_page() -> list[str]:
    facts = [declared for declared in TABLES.values() if not declared.derived]
    derived = [declared for declared in TABLES.values() if declared.derived]
    provenance = facts[0].columns[len(facts[0].own_columns) :]
    return [
        "# Tables",
        "",
        "Every table in the data folder's `lake/`, each a Delta Lake table. Money is an integer in millionths of the",
        "currency's major unit; spans hold their first day and not their last; `null` means unknown or still running.",
        "",
        "Every table of facts has these columns besides its own:",
        "",
        *table(["column", "type", "meaning"], [[f"`{c.name}`", c.type, c.meaning] for c in provenance]),
        "",
        *(line for declared in (*facts, *derived) for line in table_section(declared)),
    ]


def benchmarks_page() -> list[str]:
    series: dict[str, list[Benchmark]] = {}
    for benchmark in benchmarks.load():
        series.setdefault(benchmark.title, []).append(benchmark)
    return [
        "# Published benchmarks",
        "",
        "The figures that `holdfast benchmarks` shows. Your own stands beside one only where definition, period and",
        "segment match: [how that is decided, and how to add your own](../benchmarks-published.md).",
        "",
        *(line for title, members in series.items() for line in benchmark_section(title, members)),
    ]


def benchmark_section(title: str, series: list[Benchmark]) -> list[str]:
    """The same figure for several segments, and what each of them rests on."""
    rows = [[f"`{b.id}`", b.segment.text, words.published(b), words.label(b)] for b in series]
    first = series[0]
    compared = f"beside `{first.metric}`" if not first.why_not else f"with nothing, because {first.why_not}"
    rules = f" by the rules of `{first.policy}`" if first.policy and not first.why_not else ""
    told = {
        "Definition": [b.definition for b in series],
        "Period": [b.period for b in series],
        "Source": [cited(b) for b in series],
        "Note": [b.note for b in series],
        "Beware": [b.trap for b in series],
    }
    lists = [f"- {name}: {said}" for name, all_said in told.items() for said in dict.fromkeys(all_said) if said]
    header = ["id", "segment", "figure", "what it is"]
    return [f"## {title}", "", *table(header, rows), "", *lists, f"- Compared: {compared}{rules}", ""]


def cited(benchmark: Benchmark) -> str:
    url = benchmark.source.url
    return words.source(benchmark) + (f", <{url}>" if url else "")


def calculators_page() -> list[str]:
    listed = calculators.listed()
    return [
        "# Calculators",
        "",
        "Figures in, an answer that explains itself out, without a data folder: [how to use them](../calculators.md).",
        "",
        *table(["calculator", "answers"], [[f"[{c.name}](#{anchor(c.name)})", c.says] for c in listed]),
        "",
        *(line for one in listed for line in calculator_section(one)),
    ]


def calculator_section(calculator: Calculator) -> list[str]:
    """One calculator: what it takes, what it makes of that, and a line to type."""
    rows = [[f"`--{given.option}`", given_as(given), given.meaning] for given in calculator.inputs]
    return [
        f"## {calculator.name}",
        "",
        f"**{calculator.title}**. {calculator.says}",
        "",
        f"Formula: {calculator.formula}",
        "",
        *table(["option", "given as", "meaning"], rows),
        "",
        f"- Counted: {calculator.counted}",
        f"- Not counted: {calculator.not_counted}",
        "",
        "```console",
        f"$ {calculator.command}",
        "```",
        "",
        f"In Python: `holdfast.calculators.{calculator.snake_name}(…)`.",
        "",
    ]


def given_as(given: Input) -> str:
    """The kind of an input, and whether it may be left out."""
    kind = " or ".join(f"`{choice}`" for choice in given.choices) if given.choices else given.kind
    if given.default is not None:
        return f"{kind}; `{given.default}` by default"
    return f"{kind}, needed" if given.required else kind


def cli_page() -> list[str]:
    """The help of every command, as Typer's own documentation tool writes it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    command = [sys.executable, "-m", "typer", "holdfast.cli.main", "utils", "docs", "--name", "holdfast"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    return done.stdout.rstrip().splitlines()


PAGES: dict[str, Callable[[], list[str]]] = {
    "metrics.md": metrics_page,
    "policies.md": policies_page,
    "settings.md": settings_page,
    "tables.md": tables_page,
    "calculators.md": calculators_page,
    "benchmarks.md": benchmarks_page,
    "cli.md": cli_page,
}


def text_of(page: str) -> str:
    """The page as the code has it now."""
    first, *rest = PAGES[page]()
    return "\n".join([first, "", NOTE, *rest]).rstrip() + "\n"


def is_current(page: str) -> bool:
    path = FOLDER / page
    return path.exists() and path.read_text(encoding="utf-8") == text_of(page)


def check() -> int:
    stale = [page for page in PAGES if not is_current(page)]
    for page in stale:
        print(f"docs/reference/{page} is out of date with the code: run `make docs` and commit it", file=sys.stderr)
    return 1 if stale else 0


def write() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page in PAGES:
        (FOLDER / page).write_text(text_of(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(check() if "--check" in sys.argv[1:] else write())
