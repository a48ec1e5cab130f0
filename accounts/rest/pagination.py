"""Paging values of a query (rest.md 1.7): what cannot be used falls back to the default."""

from django.http import QueryDict

from accounts.rest.requests import given


def limit_of(query: QueryDict, default: int, most: int, name: str = "limit") -> int:
    """A page's size: above `most` is cut to it; no positive number is the default."""
    text = given(query, name)
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) < 1:
        return default
    return min(int(text), most)


def page_of(query: QueryDict, name: str = "pagenum") -> int:
    """A page's number from 1; anything else is the first page."""
    text = given(query, name)
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        return 1
    return max(int(text), 1)


def cursor_of(query: QueryDict) -> str:
    return given(query, "cursor")
