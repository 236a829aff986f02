"""Stripe: what it holds about customers and their subscriptions, as facts."""

from holdfast.sources.stripe.normalise import rows_for
from holdfast.sources.stripe.report import SyncReport
from holdfast.sources.stripe.sync import sync_stripe

__all__ = ["SyncReport", "rows_for", "sync_stripe"]
