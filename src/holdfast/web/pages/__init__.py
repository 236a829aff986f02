"""The pages, one module each. A page asks the company and renders; it computes nothing."""

from holdfast.web.pages import (
    account,
    accounts,
    features,
    keys,
    me,
    overview,
    payments,
    people,
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
    people.router,
    keys.router,
    me.router,
)
