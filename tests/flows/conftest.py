"""The providers on this machine, for the flows that lead to them."""

from tests.contract.conftest import all_standins, standins

__all__ = ["all_standins", "standins"]
