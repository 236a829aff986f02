"""The HTTP tracking API of Segment, which RudderStack's clients speak as well: requests in, messages in the inbox."""

from holdfast.collector.segment.intake import SEGMENT, Intake
from holdfast.collector.segment.key_ring import KeyRing

__all__ = ["SEGMENT", "Intake", "KeyRing"]
