"""The pages, one module each. A page asks the company and renders; it computes nothing."""

from holdfast.web.pages import (
    features,
    keys,
    me,
    overview,
    payments,
    people,
    sources,
    start,
    trials,
    usage,
)

ROUTERS = (
    overview.router,
    usage.router,
    features.router,
    trials.router,
    payments.router,
    people.router,
    keys.router,
    me.router,
    sources.router,
    start.router,
)
