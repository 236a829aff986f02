"""The pages, one module each. A page asks the company and renders; it computes nothing."""

from holdfast.web.pages import overview

ROUTERS = (overview.router,)
