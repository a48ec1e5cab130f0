"""The log-in of operators, which this product does not have by REST (rest.md 3.1.6)."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.domain.errors import UnsupportedGrant
from accounts.rest.schema import AppSchema


class OrgTokenView(APIView):
    """POST /management/token: operators log in to the console, not by REST"""

    schema = AppSchema()

    @extend_schema(operation_id="post_management_token", auth=[])
    def post(self, request: Request) -> HttpResponse:
        raise UnsupportedGrant(grant_type="password of an org admin")
