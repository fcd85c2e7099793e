"""Vega's compiler: checks `.vega.yaml` programs and turns them into typed Python modules."""

__version__ = "0.1.0"
