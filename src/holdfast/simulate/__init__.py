"""A fictional software company with a known truth: what is shown to newcomers, and what the tests run on."""

from holdfast.simulate.model import Model
from holdfast.simulate.simulation import simulate
from holdfast.simulate.truth import Truth

__all__ = ["Model", "Truth", "simulate"]
