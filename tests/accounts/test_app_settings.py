"""Changing single settings of an app: the action and `app_settings`."""

import json
from dataclasses import fields
from io import StringIO
from itertools import product

import pytest
from django.core.management import CommandError, call_command

from accounts.actions.im_apps import change_settings
from accounts.domain.app_settings import BOUNDS, AppSettings
from accounts.domain.errors import IllegalArgument
from accounts.models import AuditEntry
from accounts.queries.im_apps import get_app

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("app_settings", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_shows_and_changes(app):
    assert json.loads(run("demo#app", "--json"))["max_contacts"] == 3000
    shown = json.loads(run("demo#app", "--set", "max_contacts=7", "--set",
                           "rate_limits_enabled=on", "--json"))  # fmt: skip
    assert (shown["max_contacts"], shown["rate_limits_enabled"]) == (7, True)
    assert get_app(app.appkey).settings == AppSettings(max_contacts=7, rate_limits_enabled=True)
    assert AuditEntry.objects.filter(action="app.edit").count() == 1
    assert "max_contacts" in run("demo#app")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("demo#app", "--set", "nope=1"), "no setting nope"),
        (("demo#app", "--set", "max_contacts"), "write NAME=VALUE"),
        (("demo#app", "--set", "max_contacts=many"), "whole number from 0"),
        (("demo#none",), "Could not find application"),
    ],
)
def test_the_command_refuses_in_words(app, arguments, reason):
    with pytest.raises(CommandError, match=reason):
        run(*arguments)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *product(
            ["max_contacts"], [-1, 2**31, 1.5, "", "x", "²", "9" * 5000, None, True, [], "--1"]
        ),
        *product(["open_registration"], ["maybe", 2, None, ""]),
        ("export_utc_offset_h", 15),
        *product(["delivery_recording"], ["everything", "", None, 1, True]),
    ],
)
def test_a_bad_value_changes_nothing(app, name, value):
    with pytest.raises(IllegalArgument):
        change_settings(app, {"max_blocks": 1, name: value})
    assert get_app(app.appkey).settings == app.settings


def test_a_word_is_one_of_its_choices(app):
    assert change_settings(app, {"delivery_recording": "all"}).delivery_recording == "all"
    assert AppSettings.from_json({"delivery_recording": "some"}) == AppSettings()


def test_changes_of_two_people_both_stay(app):
    change_settings(app, {"max_contacts": 1})
    after = change_settings(app, {"max_blocks": 2, "export_utc_offset_h": "-5"})
    assert (after.max_contacts, after.max_blocks, after.export_utc_offset_h) == (1, 2, -5)


def test_a_length_is_at_most_what_a_column_holds(app):
    assert change_settings(app, {"group_max_name": 512}).group_max_name == 512
    with pytest.raises(IllegalArgument):
        change_settings(app, {"group_max_name": 513})


def test_a_recall_window_is_at_most_a_week(app):
    """rest.md 1.8."""
    assert change_settings(app, {"recall_window_s": 604_800}).recall_window_s == 604_800
    with pytest.raises(IllegalArgument):
        change_settings(app, {"recall_window_s": 604_801})


def test_every_bound_is_of_a_setting():
    assert set(BOUNDS) <= {one.name for one in fields(AppSettings)}
