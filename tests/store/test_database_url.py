"""DATABASE_URL: what PostgreSQL's own library reads in it."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import ConnectionHandler

from imadmin import env
from tests.requirements import need_postgres

NOWHERE = Path("/nonexistent")
ASKED = ("HOST", "PORT", "USER", "PASSWORD", "NAME")


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("postgres://u:p@h:5433/n", ("h", "5433", "u", "p", "n")),
        ("postgresql://h/n", ("h", "", "", "", "n")),
        ("postgres://u%40x:p%3A%2F@h/n", ("h", "", "u@x", "p:/", "n")),
        ("postgres://%2Fvar%2Frun%2FPG/n", ("/var/run/PG", "", "", "", "n")),
        ("postgres:///n?host=/var/run/PG", ("/var/run/PG", "", "", "", "n")),
    ],
)
def test_parts_of_the_url(url, asked):
    database = env.database(url, NOWHERE)
    assert tuple(database[name] for name in ASKED) == asked


def test_parameters_are_given_to_the_library():
    options = env.database("postgres://h/n?sslmode=verify-full&sslrootcert=/ca", NOWHERE)["OPTIONS"]
    assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "/ca")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hidden@h/n",
        "postgres://u:hidden@h/n?sslmod=require",
        "postgres://u:hidden%zz@h/n",
    ],
)
def test_what_cannot_be_read_is_refused_without_the_password(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refused:
        env.database(url, NOWHERE)
    assert "hidden" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_parameter_reaches_the_server():
    url = f"{need_postgres()}?application_name=by-the-url"
    connection: Any = ConnectionHandler({"default": {}, "by_url": env.database(url, NOWHERE)})[
        "by_url"
    ]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW application_name")
            assert cursor.fetchone() == ("by-the-url",)
    finally:
        connection.close()
        connection.close_pool()
