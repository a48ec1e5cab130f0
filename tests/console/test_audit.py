"""The audit's pages: one's own app only, filtered, paged by key."""

from accounts.actions.audit import record
from accounts.domain.actor import AppRef
from tests.console.conftest import SignIn

AUDIT = "/console/apps/demo/app/audit/"


def fill(app: AppRef, count: int, action: str = "user.create", actor: str = "somebody") -> None:
    for number in range(count):
        record(action, app=app, actor=actor, via="console", target_id=f"u{number}")


def rows(text: str) -> int:
    return text.count('data-test="audit-row"')


def test_app_sees_its_own_entries_only(owner, app, other_app, browse: SignIn):
    fill(app, 1, actor="mine")
    fill(other_app, 1, actor="theirs")
    text = browse(owner).get(AUDIT).content.decode()
    assert "mine" in text
    assert "theirs" not in text


def test_admin_sees_the_whole_instance(admin, app, other_app, browse: SignIn):
    fill(other_app, 1)
    text = browse(admin).get("/console/audit/").content.decode()
    assert "other#app" in text
    assert "operator.create" not in text  # made by a test, for whom nobody is named


def test_pages_follow_each_other_without_gap_or_repeat(
    owner, app, browse: SignIn, django_assert_max_num_queries
):
    fill(app, 60)
    client = browse(owner)
    with django_assert_max_num_queries(12):
        first = client.get(AUDIT, {"size": "25", "actor": "somebody"}).content.decode()
    assert rows(first) == 25
    query = {"size": "25", "actor": "somebody"}
    seen: list[str] = []
    after = ""
    for _ in range(3):
        page: dict[str, str] = query | {"after": after}
        text = client.get(AUDIT, page).content.decode()
        ids = [part.split('"')[0] for part in text.split('data-id="')[1:]]
        seen += ids
        after = ids[-1]
    assert len(seen) == len(set(seen)) == 60
    assert 'data-test="pager-next"' not in text
    assert 'data-test="pager-first"' in text  # a link without its trail knows no page before


def test_filters_narrow_and_say_when_nothing_is_left(owner, app, browse: SignIn):
    fill(app, 2)
    fill(app, 1, "group.create")
    client = browse(owner)
    assert rows(client.get(AUDIT, {"action": "user."}).content.decode()) == 2
    assert rows(client.get(AUDIT, {"target": "u1"}).content.decode()) == 1
    text = client.get(AUDIT, {"actor": "nobody"}, headers={"accept-language": "en"})
    assert "Nothing matches these filters." in text.content.decode()


def test_htmx_gets_the_list_alone(owner, app, browse: SignIn):
    text = browse(owner).get(AUDIT, headers={"HX-Request": "true"}).content.decode()
    assert text.strip().startswith('<div id="audit-list">')


def test_odd_parameters_are_ignored(owner, app, browse: SignIn):
    fill(app, 1)
    for query in ({"after": "x"}, {"after": "9" * 30}, {"size": "7"}, {"actor": "x" * 500}):
        assert browse(owner).get(AUDIT, query).status_code == 200
