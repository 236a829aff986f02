"""The pages, one module each. A page asks the company and renders; it computes nothing."""

from holdfast.web.pages import (
    account,
    accounts,
    explain,
    features,
    importing,
    keys,
    me,
    overview,
    payments,
    people,
    retention,
    revenue,
    search,
    settings,
    sources,
    start,
    trials,
    usage,
)

ROUTERS = (
    overview.router,
    revenue.router,
    retention.router,
    accounts.router,
    account.router,
    usage.router,
    features.router,
    trials.router,
    payments.router,
    explain.router,
    search.router,
    sources.router,
    importing.router,
    start.router,
    settings.router,
    people.router,
    keys.router,
    me.router,
)

FIRST = {
    "/": overview.overview,
    "/revenue": revenue.revenue,
    "/retention": retention.retention,
    "/accounts": accounts.the_list,
    "/usage": usage.usage,
    "/features": features.features,
    "/payments": payments.payments,
    "/trials": trials.trials,
}
"""The pages that are looked at first, as they are made without anything chosen."""
