"""The pages, one module each. A page asks the company and renders; it computes nothing."""

from holdfast.web.pages import keys, me, overview, people

ROUTERS = (overview.router, people.router, keys.router, me.router)
