"""The vocabulary: the canonical tables, their columns, types, units and meaning."""

from holdfast.facts.rollups import ROLLUP_TABLES
from holdfast.facts.schema import Column, Table
from holdfast.facts.tables import FACT_TABLES

TABLES: dict[str, Table] = {table.name: table for table in (*FACT_TABLES, *ROLLUP_TABLES)}

__all__ = ["FACT_TABLES", "ROLLUP_TABLES", "TABLES", "Column", "Table"]
