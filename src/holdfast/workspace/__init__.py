"""What a person opens: lake, engine, settings and metrics together."""

from holdfast.workspace.workspace import Workspace

__all__ = ["Workspace"]
