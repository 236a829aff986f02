"""Published figures with definition, period, segment and source, beside a company's own where the two are alike.

>>> from holdfast import benchmarks
>>> found = benchmarks.load()[0]
>>> found.title, found.period, found.primary
('Annual customer churn', 'year', False)
"""

from holdfast.benchmarks.benchmark import Benchmark
from holdfast.benchmarks.compare import Comparison, compare, published_only
from holdfast.benchmarks.load import OWN_FILE, load

__all__ = ["OWN_FILE", "Benchmark", "Comparison", "compare", "load", "published_only"]
