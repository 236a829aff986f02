"""Metrics: pure functions from facts, a period, a grain and a policy to an Ibis table."""
