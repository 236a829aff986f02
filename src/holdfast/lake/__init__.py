"""The lake: a folder of Delta tables that several processes read and write at once."""

from holdfast.lake.lake import Lake
from holdfast.lake.reconcile import IMPLIED

__all__ = ["IMPLIED", "Lake"]
