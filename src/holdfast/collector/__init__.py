"""What comes in over HTTP: kept in an inbox before it is acknowledged, then applied to the lake, once and in order."""

from holdfast.collector.applier import Applier
from holdfast.collector.inbox import Inbox
from holdfast.collector.message import Message, Stored

__all__ = ["Applier", "Inbox", "Message", "Stored"]
