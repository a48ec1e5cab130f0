"""Fixtures for every test."""

from tests.published import published

__all__ = ["published"]
