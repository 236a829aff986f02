"""The API under /api/v1: the metrics, the facts and what arrives, as JSON."""

from holdfast.web.api import accounts, docs, metrics, sources, tables

ROUTERS = (metrics.router, accounts.router, tables.router, sources.router, docs.router)
DESCRIPTION = (
    "Every number of the app, every fact behind it, and what arrives, as JSON. Questions take the same parameters as"
    " the address of a page. Amounts are in major units; days are dates in the company's time zone."
)
TAGS = [
    {"name": "Metrics", "description": "Ask for a number, and question it."},
    {"name": "Accounts", "description": "Who is counted."},
    {"name": "Tables", "description": "The facts that all numbers are made of."},
    {"name": "Sources", "description": "What arrives, and what did not go in."},
]
