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
    search,
    sources,
    start,
    trials,
    usage,
)

ROUTERS = (
    overview.router,
    accounts.router,
    account.router,
    usage.router,
    features.router,
    trials.router,
    payments.router,
    explain.router,
    search.router,
    sources.router,
    start.router,
    importing.router,
    people.router,
    keys.router,
    me.router,
)
