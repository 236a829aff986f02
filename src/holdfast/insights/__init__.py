"""Models over metrics: what a company's own history says about what is to come."""

from holdfast.insights.outlook import Outlook, look_ahead

__all__ = ["Outlook", "look_ahead"]
