"""Addresses as they are called on the page of another, which a browser joins again."""

from urllib.parse import urljoin

import pytest

from imadmin.console.nearness import near

HERE = "/console/apps/o/a/groups/7/members/"


@pytest.mark.parametrize(
    ("there", "called"),
    [
        (HERE, "./"),
        ("/console/apps/o/a/groups/7/members/add/", "add/"),
        ("/console/apps/o/a/groups/7/", "../"),
        ("/console/apps/o/a/groups/77/members/", "../../77/members/"),
        ("/console/apps/o/a/groups/", "../../"),
        ("/console/apps/o/a/users/u/members/", "../../../users/u/members/"),
        ("/console/", "../../../../../../"),
    ],
)
def test_near_address_leads_where_the_whole_one_does(there: str, called: str):
    assert near(HERE, there) == called
    assert urljoin(HERE, called) == there


def test_page_without_a_slash_at_its_end_leads_on_too():
    assert urljoin("/console/apps/o/x", near("/console/apps/o/x", "/console/apps/")) == (
        "/console/apps/"
    )
