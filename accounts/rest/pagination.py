"""Paging values of a query (rest.md 1.7): what cannot be used falls back to the default."""

from django.http import QueryDict

from accounts.rest.requests import given


def limit_of(query: QueryDict, default: int, most: int, name: str = "limit") -> int:
    """A page's size: above `most` is cut to it; no positive number is the default."""
    text = given(query, name)
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) < 1:
        return default
    return min(int(text), most)


def cursor_of(query: QueryDict) -> str:
    return given(query, "cursor")
