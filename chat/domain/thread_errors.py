"""The refusals about threads, in the vendor's words (rest.md 3.10)."""

from accounts.domain.errors import ImError, NotFound
from chat.domain.errors import GroupNotFound


class ThreadRefused(ImError):
    """The base of them all; `detail` is the vendor's sentence."""

    code = "thread_refused"
    template = "{detail}"


class ThreadsDisabled(ThreadRefused):
    code = "threads_disabled"
    template = "thread not open."


class ThreadNotFound(GroupNotFound):
    code = "thread_not_found"
    template = "thread not found."


class ThreadGroupNotFound(NotFound):
    code = "thread_group_not_found"
    template = "group not found."


class ThreadMessageNotFound(NotFound):
    code = "thread_message_not_found"
    template = "msg not exist."


class NotInThreadsGroup(NotFound):
    """The user is not in the group that the thread belongs to."""

    code = "not_in_threads_group"
    template = "user not in group."


class ThreadExists(ThreadRefused):
    code = "thread_exists"
    template = "msg already create thread.not allow to create."


class ThreadNested(ThreadRefused):
    """A message in a thread gets no thread of its own."""

    code = "thread_nested"
    template = "thread not nested."


class ThreadLimit(ThreadRefused):
    """One more thread of the app, or of a user, than there may be."""

    code = "thread_limit"


class ThreadValueTooLarge(ThreadRefused):
    """A name, a page size or a batch of names."""

    code = "thread_value_too_large"


class ThreadBodyUnreadable(ThreadRefused):
    code = "thread_body_unreadable"
    template = "Failed to read HTTP message"
