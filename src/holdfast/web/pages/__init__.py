"""The pages, one module each. A page asks the company and renders; it computes nothing."""

from holdfast.web.pages import features, overview, payments, trials, usage

ROUTERS = (
    overview.router,
    usage.router,
    features.router,
    trials.router,
    payments.router,
)
