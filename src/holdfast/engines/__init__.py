"""The engines that metrics run on: DuckDB, Spark and ClickHouse, each an Ibis backend over the lake's Parquet files."""

from holdfast.engines.base import ENGINES, Engine, open_engine

__all__ = ["ENGINES", "Engine", "open_engine"]
