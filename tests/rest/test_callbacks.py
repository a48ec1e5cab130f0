"""Failed calls of webhooks are listed by ten minutes, and tried again (rest.md 3.13.6)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from chat.actions.webhooks import add_webhook
from chat.models import WebhookDelivery

pytestmark = pytest.mark.django_db

FAILED, SENT = WebhookDelivery.State.FAILED, WebhookDelivery.State.SENT


@pytest.fixture
def rule(app):
    made, _secret = add_webhook(app, name="w", url="http://127.0.0.1:9/", selectors=["chat"])
    return made


@pytest.fixture
def call(app, rule):
    def make(created_at: datetime, state: str = FAILED) -> WebhookDelivery:
        made = WebhookDelivery.objects.create(
            rule=rule, app_id=app.id, call_id="c", selector="chat:txt", body={}, state=state,
            attempts=2, finished_at=created_at,
        )  # fmt: skip
        WebhookDelivery.objects.filter(pk=made.pk).update(created_at=created_at)
        return made

    return make


@pytest.fixture
def moment() -> datetime:
    return (timezone.now() - timedelta(hours=5)).replace(minute=17, second=3, tzinfo=UTC)


@pytest.mark.endpoint("K3")
def test_failures_of_three_days_are_counted_by_ten_minutes(api, call, moment):
    call(moment)
    call(moment + timedelta(minutes=2))
    call(moment + timedelta(minutes=3))
    call(moment, SENT)
    call(moment - timedelta(days=4))
    assert api.get("/callbacks/storage/info").data == [
        {"date": f"{moment:%Y%m%d%H}10", "size": 2, "retry": 0},
        {"date": f"{moment:%Y%m%d%H}20", "size": 1, "retry": 0},
    ]


@pytest.mark.endpoint("K4")
def test_they_are_tried_again(api, call, moment):
    first, other = call(moment), call(moment + timedelta(minutes=10))
    path, body = "/callbacks/storage/retry", {"date": f"{moment:%Y%m%d%H}10", "retry": 0}
    assert api.post(path, body).data == "success"
    first.refresh_from_db()
    assert (first.state, first.attempts, first.retries) == ("waiting", 0, 1)
    other.refresh_from_db()
    assert other.state == FAILED
    assert api.post(path, body).data == "failure"


@pytest.mark.endpoint("K4")
@pytest.mark.parametrize("body", [{}, {"date": "today"}, {"date": "202501010010", "retry": -1}])
def test_a_bad_date_is_refused(api, body):
    assert api.post("/callbacks/storage/retry", body).error[:2] == (400, "illegal_argument")


@pytest.mark.endpoint("K4")
def test_another_address_is_refused_in_words(api):
    body = {"date": "202501010010", "targetUrl": "http://elsewhere.example/"}
    answer = api.post("/callbacks/storage/retry", body)
    assert answer.error[:2] == (400, "illegal_argument")
    assert "targetUrl" in answer.error[2]


@pytest.mark.endpoint("K3")
def test_only_the_app_sees_them(as_user):
    assert as_user("demo1").get("/callbacks/storage/info").error[0] == 401
