"""THE table from refusal to HTTP answer, and the handler that uses it (rest.md 1.6)."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, UnreadablePostError
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.views import set_rollback

from accounts.domain.errors import ImError
from accounts.rest.envelope import error_answer

logger = logging.getLogger(__name__)

Row = tuple[int, str]


class NotJson(ImError):
    """The body is not JSON, or not of the kind (object, array) that the call takes."""

    code = "json_parse"
    template = "Unexpected character in the request body: {detail}"


class BodyTooLarge(ImError):
    code = "request_entity_too_large"
    template = "The request body is larger than {limit} bytes."


class NoSuchPath(ImError):
    code = "no_such_path"
    template = "No resource answers at {path}"


# code → (status, `error`), or a function of the refusal where the answer depends on it.
REST_ERRORS: dict[str, Row | Callable[[ImError], Row]] = {
    "error": (400, "illegal_argument"),
    "json_parse": (400, "json_parse"),
    "request_entity_too_large": (413, "request_entity_too_large"),
    "reach_limit": (429, "reach_limit"),
    "no_such_path": (404, "resource_not_found"),
    "illegal_argument": (400, "illegal_argument"),
    "not_found": (404, "resource_not_found"),
    "not_permitted": (403, "forbidden_op"),
    "limit_exceeded": (403, "exceed_limit"),
    "user_limit": (429, "resource_limited"),
    "app_not_found": (404, "organization_application_not_found"),
    "reserved_org": (400, "illegal_argument"),
    "app_exists": (400, "duplicate_unique_property_exists"),
    "user_exists": (400, "duplicate_unique_property_exists"),
    "user_not_found": (404, "service_resource_not_found"),
    "account_not_found": (404, "entity_not_found"),
    "profile_too_large": (403, "FORBIDDEN"),
    "profiles_too_large": (403, "FORBIDDEN"),
    "push_setting_refused": (400, "IllegalArgumentException"),
    "push_name_missing": (400, "RequiredPropertyNotFoundException"),
    "push_template_missing": (400, "EntityNotFoundException"),
    "too_many_profiles": (400, "BAD_REQUEST"),
    "unauthenticated": (401, "unauthorized"),
    "wrong_password": (400, "invalid_grant"),
    "unknown_login": (404, "invalid_grant"),
    "user_disabled": (400, "invalid_grant"),
    "wrong_client_id": (400, "invalid_grant"),
    "wrong_client_secret": (400, "invalid_grant"),
    "unsupported_grant": (400, "unsupported_grant_type"),
    "concurrent_change": (409, "concurrent_operation_error"),
    "secret_unreadable": (500, "internal_server_error"),
    # Of operators; no REST call ends so, but every refusal has its answer.
    "operator_exists": (400, "duplicate_unique_property_exists"),
    "wrong_setup_code": (400, "illegal_argument"),
    "setup_code_void": (400, "illegal_argument"),
    "wrong_login": (401, "unauthorized"),
    "too_many_failures": (429, "reach_limit"),
}

# The `exception` field is free text except where a section fixes it.
_EXCEPTIONS = {
    "user_not_found": "UserNotFoundException",
    "user_exists": "DuplicateUniquePropertyExistsException",
    "illegal_argument": "java.lang.IllegalArgumentException",
}


_ERROR_CODES: dict[str, int] = {}


def register_rest_errors(
    rows: Mapping[str, Row | Callable[[ImError], Row]], error_codes: Mapping[str, int]
) -> None:
    """Add the rows of refusals that accounts does not know, and the integer `error_code`s."""
    REST_ERRORS.update(rows)
    _ERROR_CODES.update(error_codes)


def rest_error(exc: ImError) -> Row:
    """(status, `error`): the row of the refusal's own code, else of its nearest base."""
    codes = [cls.code for cls in type(exc).__mro__ if issubclass(cls, ImError)]
    row = next(REST_ERRORS[code] for code in codes if code in REST_ERRORS)
    return row(exc) if callable(row) else row


def refusal_answer(exc: ImError, duration_ms: int = 0) -> HttpResponse:
    status, error = rest_error(exc)
    codes = (cls.code for cls in type(exc).__mro__ if issubclass(cls, ImError))
    exception = next((_EXCEPTIONS[code] for code in codes if code in _EXCEPTIONS), "")
    exception = exception or type(exc).__name__
    number = _ERROR_CODES.get(exc.code)
    answer = error_answer(status, error, str(exc), exception, duration_ms, number)
    answer.refusal = exc  # type: ignore[attr-defined]  # for who watches the answers go by
    if exc.code == "reach_limit":
        answer["Retry-After"] = "1"
    return answer


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """Whatever a view raises, as JSON. A bug is logged with its trace and answered 500."""
    set_rollback()
    took = getattr(context.get("view"), "duration_ms", 0)
    match exc:
        case ImError():
            logger.info("refused: %s", exc.code)
            return refusal_answer(exc, took)
        case MethodNotAllowed():
            return error_answer(405, "method_not_allowed", str(exc.detail), duration_ms=took)
        case RequestDataTooBig():
            return error_answer(413, "request_entity_too_large", str(exc), duration_ms=took)
        case UnreadablePostError():
            return error_answer(400, "json_parse", "The request body ended early.", "", took)
        case APIException():
            return error_answer(exc.status_code, exc.default_code, str(exc.detail), "", took)
        case _:
            logger.error("a view failed", exc_info=exc)
            return error_answer(
                500, "internal_server_error", "Internal server error", "Exception", took
            )
