"""Calls of webhooks that failed: what there is, and trying them again (rest.md 3.13.6)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument
from accounts.rest.base import AppView
from chat.actions.webhooks import retry_failed
from chat.rest.fields import Fields
from chat.webhooks.listing import failed_calls


class StoredFailuresView(AppView):
    """GET /{org}/{app}/callbacks/storage/info: ten minutes each, three days back."""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str) -> HttpResponse:
        found = failed_calls(self.app)
        data = [{"date": one.date, "size": one.size, "retry": one.retries} for one in found]
        return self.envelope(data=data)


class RetryFailuresView(AppView):
    """POST /{org}/{app}/callbacks/storage/retry: to the rule's own address."""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        fields = Fields(self.json_object(IllegalArgument), IllegalArgument)
        if fields.text("targetUrl"):
            raise IllegalArgument(detail="targetUrl is not supported: calls go to their rule's URL")
        retries = fields.number("retry", least=0, most=1000) or 0
        tried = retry_failed(self.app, fields.text("date") or "", retries)
        return self.envelope(data="success" if tried else "failure")
