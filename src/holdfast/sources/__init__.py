"""What comes in: billing exports and other files, translated into facts."""

from holdfast.sources.importer import import_files
from holdfast.sources.kinds import KINDS, Kind, kind_named
from holdfast.sources.report import FileMapping, ImportReport
from holdfast.sources.rows import Aside

__all__ = ["KINDS", "Aside", "FileMapping", "ImportReport", "Kind", "import_files", "kind_named"]
