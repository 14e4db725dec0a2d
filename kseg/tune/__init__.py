"""A recipe's space to its best recipe, by trials that are each a process of its own."""

from kseg.tune.search import search

__all__ = ["search"]
