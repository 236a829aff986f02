"""Output columns that many metrics share."""

from holdfast.metrics.registry import OutColumn

PERIOD = OutColumn("period", "period", "first day of the period")
COHORT = OutColumn("cohort", "cohort", "first day of the month in which the accounts first paid")
AGE = OutColumn("age", "number", "whole periods since the cohort's own")
COMPLETE = OutColumn("complete", "flag", "false while the cell has not fully passed for all of the cohort")
START_ACCOUNTS = OutColumn("start_accounts", "count", "customers at the close of the day before the period")
START_MRR = OutColumn("start_mrr", "money", "MRR at the start")


def money(name: str, meaning: str) -> OutColumn:
    return OutColumn(name, "money", meaning)


def count(name: str, meaning: str) -> OutColumn:
    return OutColumn(name, "count", meaning)


def rate(name: str, meaning: str) -> OutColumn:
    return OutColumn(name, "rate", meaning)


def number(name: str, meaning: str) -> OutColumn:
    return OutColumn(name, "number", meaning)


def label(name: str, meaning: str) -> OutColumn:
    return OutColumn(name, "label", meaning)
