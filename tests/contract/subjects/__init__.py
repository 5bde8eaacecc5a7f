"""The databases that every sentence of the contract is tried on."""

from tests.contract.subjects.base import ACCOUNTS, BALANCE, Subject
from tests.contract.subjects.sqlite import Sqlite

__all__ = ["ACCOUNTS", "BALANCE", "Sqlite", "Subject"]
