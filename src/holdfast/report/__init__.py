"""The report: what a founder wants to know of a month, in a terminal and as one HTML file."""

from holdfast.report.build import build_report
from holdfast.report.model import Report

__all__ = ["Report", "build_report"]
