"""Explanations, bridges and differences in words and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from holdfast.charts import words
from holdfast.explain.accounts import AccountRow, TermFact, UseFact
from holdfast.explain.blocks import Block, Code, Grid, Heading, Text
from holdfast.explain.walk import Key, MovedAccount, Walk, metric_kind

if TYPE_CHECKING:
    from holdfast.explain.bridge import Bridge
    from holdfast.explain.diff import Diff
    from holdfast.explain.explanation import Explanation

MOST_WORKINGS = 24
MOST_MOVED = 10


# explain


def explanation(told: Explanation, *, sql: bool = True) -> list[Block]:
    """The blocks of an explanation, the most asked first."""
    metric = told.result.metric
    found: list[Block] = [Heading(f"{metric.title} ({metric.name}, {metric.unit})", 1), Text(metric.definition)]
    found += [Heading("Formula"), Text(metric.formula), *_working(told)]
    if metric.reference:
        found.append(Text(f"Source: {metric.reference}", quiet=True))
    found += [*_policy(told), *_rows(told), *_accounts(told)]
    found += [
        Heading("Columns"),
        Grid(("column", "what it is"), tuple((one.name, one.meaning) for one in metric.columns)),
    ]
    if sql:
        found += [Heading("SQL as run"), Code(told.result.sql)]
    return found


def _working(told: Explanation) -> Iterable[Block]:
    lines = told.workings
    if not lines:
        return
    shown = lines[-MOST_WORKINGS:]
    caption = "with its own figures" + (
        f"; the last {len(shown)} of {len(lines)} rows" if len(shown) < len(lines) else ""
    )
    alone = len({one.equation for one in shown}) == 1
    columns = ("of", "figures", "result") if alone else ("of", "formula", "figures", "result")
    rows = tuple(
        (one.where, one.figures, one.result) if alone else (one.where, one.equation, one.figures, one.result)
        for one in shown
    )
    yield Grid(columns, rows, frozenset({len(columns) - 1}), caption=caption)


def _policy(told: Explanation) -> Iterable[Block]:
    policy, metric = told.result.query.policy, told.result.metric
    yield Heading(f"Policy {policy.name}")
    if told.switches is None:
        from holdfast.metrics.policy import SWITCHES

        marked = {name: "*" if name in policy.differences else "" for name in metric.heeds}
        yield Text("The switches that this metric heeds; * is not the default.", quiet=True)
        rows = tuple((name, policy[name] + marked[name], SWITCHES[name].meaning) for name in metric.heeds)
        yield Grid(("switch", "value", "what it decides"), rows)
        return
    mattered = tuple((one.switch, one.value, ", ".join(one.other_values)) for one in told.switches if one.mattered)
    if mattered:
        yield Grid(("switch that mattered", "value", "another number with"), mattered)
    else:
        yield Text("No switch mattered: under every other value the number is the same.")
    reasons: dict[str, list[str]] = {}
    for one in told.switches:
        if not one.mattered:
            reasons.setdefault(one.why_not, []).append(one.switch)
    for reason, names in reasons.items():
        yield Text(f"No difference ({reason}): {', '.join(names)}", quiet=True)


def _rows(told: Explanation) -> Iterable[Block]:
    evidence = told.result.evidence
    yield Heading("Rows")
    yield Text(
        f"{evidence['rows_counted']:,} {evidence['counted']} were counted, {evidence['rows_left_out']:,} left out."
    )
    left_out = told.left_out or evidence["left_out"]
    if left_out:
        rows = tuple((one["reason"], f"{one['rows']:,}", ", ".join(one.get("examples", ()))) for one in left_out)
        if any(row[2] for row in rows):
            yield Grid(("left out because", "rows", "such as"), rows, frozenset({1}))
        else:
            yield Grid(("left out because", "rows"), tuple(row[:2] for row in rows), frozenset({1}))
    known = ", ".join(f"{name} (version {version})" for name, version in evidence["tables"].items())
    yield Text(f"From {known or 'no table yet'}. " + _as_known(evidence), quiet=True)
    for note in evidence["notes"]:
        yield Text(note)


def _as_known(evidence: Mapping[str, Any]) -> str:
    return f"As known at {evidence['as_of']}." if evidence["as_of"] else "As known now."


def _accounts(told: Explanation) -> Iterable[Block]:
    if told.why_no_accounts:
        yield Heading("Accounts")
        yield Text(told.why_no_accounts)
    if told.accounts is None:
        return
    yield Heading("Accounts behind it")
    if not told.accounts:
        yield Text("No account has a part in it.")
        return
    names = list(dict.fromkeys(name for one in told.accounts for name in one.figures))
    keys = [name for name, _ in told.accounts[0].key]
    columns = ("account", *keys, *(name.replace("_", " ") for name in names))
    rows = tuple(_account_row(one, names) for one in told.accounts)
    shown, whole = len(told.accounts), told.accounts_in_all
    caption = f"the {shown} that matter most of {whole:,}" if shown < whole else f"all {whole:,}"
    yield Grid(columns, rows, frozenset(range(1 + len(keys), len(columns))), caption=caption)
    for one in told.accounts:
        if one.facts:
            yield _facts(one)


def _account_row(one: AccountRow, names: Sequence[str]) -> tuple[str, ...]:
    figures = (figure(one.figures.get(name, 0)) for name in names)
    return (named(one.account, one.name), *(said(value) for _, value in one.key), *figures)


def _facts(one: AccountRow) -> Grid:
    caption = f"Facts behind {named(one.account, one.name)}"
    uses = [fact for fact in one.facts if isinstance(fact, UseFact)]
    return _use(uses, caption) if uses else _terms([f for f in one.facts if isinstance(f, TermFact)], caption)


def _use(facts: Sequence[UseFact], caption: str) -> Grid:
    rows = tuple(
        (
            fact.event,
            f"{fact.events:,}",
            f"{fact.people:,}",
            f"{fact.active_days:,}",
            f"{fact.first_day} to {fact.last_day}",
        )
        for fact in facts
    )
    return Grid(("event", "times", "people", "days", "from and to"), rows, frozenset({1, 2, 3}), caption=caption)


def _terms(facts: Sequence[TermFact], caption: str) -> Grid:
    rows = tuple(
        (
            fact.subscription if fact.item == fact.subscription else f"{fact.subscription} / {fact.item}",
            fact.plan or "–",
            fact.status,
            f"{fact.from_day} to {fact.to_day or 'now'}",
            fact.price,
            fact.left_out or f"{fact.mrr:,.2f}",
        )
        for fact in facts
    )
    columns = ("subscription", "plan", "status", "days", "price", "MRR or why left out")
    return Grid(columns, rows, caption=caption)


# bridge and diff


def bridge(told: Bridge) -> list[Block]:
    """The blocks of a bridge: a table for each row of the answer, then the accounts that each switch moved."""
    one, other = told.from_policy.name, told.to_policy.name
    when = words.period(told.period, told.query.grain)
    found: list[Block] = [Heading(f"{told.metric.title}, {when}: from {one} to {other}", 1)]
    if not told.walks:
        return [*found, Text("Nothing lives in that period.")]
    for walk in told.walks:
        found += _walk(told, walk, one, other, column="what it decides")
    if told.without_effect:
        found.append(
            Text(f"Also different, but not heeded by {told.metric.name}: {', '.join(told.without_effect)}.", quiet=True)
        )
    found.append(Text("Switches are turned one after the other, in the order of `holdfast policies`.", quiet=True))
    return found


def diff(told: Diff) -> list[Block]:
    """The blocks of a difference: a table for each row of the answer, then the accounts by cause."""
    when = words.period(told.earlier.start, told.earlier.grain)
    earlier, later = (_moment(query.as_of) for query in (told.earlier, told.later))
    found: list[Block] = [Heading(f"{told.metric.title}, {when}: as known {earlier} and {later}", 1)]
    if not any(walk.steps for walk in told.walks):
        return [*found, Text("Nothing that the number rests on has changed.")]
    for walk in told.walks:
        found += _walk(told, walk, f"known {earlier}", f"known {later}", column="what happened")
    return found


def _moment(as_of: Any) -> str:
    return f"{as_of:%Y-%m-%d %H:%M} UTC" if as_of else "now"


def _walk(told: Bridge | Diff, walk: Walk, first: str, last: str, *, column: str) -> Iterable[Block]:
    if walk.key:
        yield Heading(", ".join(f"{name} {said(value)}" for name, value in walk.key))
    kind = metric_kind(told.metric, walk.column)
    rows = [(first, "", value(walk.start, kind), "", "")]
    for step in walk.acting:
        turned = f"{step.leg.name}: {step.leg.before} to {step.leg.after}" if step.leg.before else step.leg.name
        part = value(step.part, kind, signed=True)
        rows.append((turned, step.leg.meaning, value(step.value, kind), part, f"{len(step.accounts):,}"))
    rows.append((last, "", value(walk.end, kind), value(walk.difference, kind, signed=True), ""))
    titles = ("step", column, walk.column.replace("_", " "), "part", "accounts")
    yield Grid(titles, tuple(rows), frozenset({2, 3, 4}), last_is_total=True)
    if walk.idle:
        yield Text(f"Turned without any effect here: {', '.join(walk.idle)}.", quiet=True)
    for step in walk.acting:
        if step.accounts:
            yield _moved(step.leg.name, step.accounts, told.names)


def _moved(name: str, accounts: Sequence[MovedAccount], names: Mapping[str, str]) -> Grid:
    rows = tuple((named(one.account, names.get(one.account, "")), _change(one)) for one in accounts[:MOST_MOVED])
    more = f", the {MOST_MOVED} that moved most of {len(accounts):,}" if len(accounts) > MOST_MOVED else ""
    return Grid(("account", "what changed"), rows, caption=f"Moved by {name}{more}")


def _change(one: MovedAccount) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {figure(one.before[name])} to {figure(one.after[name])}" for name in one.after
    )


# figures


def value(amount: Decimal | None, kind: str, *, signed: bool = False) -> str:
    """A figure of a walk: shares in percent (parts in points), money and counts with thousands separated.

    >>> value(Decimal("0.05"), "rate"), value(Decimal("-0.00867"), "rate", signed=True), value(Decimal(3), "count")
    ('5.00%', '−0.87 pp', '3')
    """
    if amount is None:
        return "–"
    sign = words.MINUS if amount < 0 else "+" if signed and amount > 0 else ""
    size = abs(amount)
    if kind == "rate":
        return f"{sign}{size * 100:.2f}" + (" pp" if signed else "%")
    return f"{sign}{size:,.0f}" if kind == "count" else f"{sign}{size:,.2f}"


def figure(amount: Any) -> str:
    """An account's figure: money with cents, counts whole."""
    return f"{amount:,.2f}" if isinstance(amount, Decimal) else f"{amount:,}"


def said(one: Any) -> str:
    """The value of a dimension in words."""
    if one is None:
        return "(unknown)"
    return one.isoformat()[:7] if isinstance(one, date) else str(one)


def named(account: str, name: str) -> str:
    """An account by its name, with its id where that says more.

    >>> named("a1", "Acme"), named("a1", "a1")
    ('Acme (a1)', 'a1')
    """
    return account if name in ("", account) else f"{name} ({account})"


__all__ = ["Key", "bridge", "diff", "explanation", "figure", "named", "said", "value"]
