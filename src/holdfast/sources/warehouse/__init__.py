"""Warehouse tables as Fivetran lands them, read from a folder of files."""

from holdfast.sources.warehouse.importer import WAREHOUSES, import_folder, one_folder
from holdfast.sources.warehouse.report import FolderReport

__all__ = ["WAREHOUSES", "FolderReport", "import_folder", "one_folder"]
