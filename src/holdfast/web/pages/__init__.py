"""The pages, one module each. A page asks the company and renders; it computes nothing."""

from holdfast.web.pages import account, accounts, overview

ROUTERS = (
    overview.router,
    accounts.router,
    account.router,
)
