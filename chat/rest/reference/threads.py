"""Calls about threads."""

from chat.rest.reference.call import call

_MEMBERS = "/thread/{thread}/users"

CALLS = (
    call("Create a thread below a group's message", "POST /thread",
         {"group_id": "{group}", "name": "lunch", "msg_id": "{group_message}", "owner": "demo1"}),
    call("List threads, newest first", "GET /thread?limit=2&sort=desc&cursor="),
    call("Read a thread", "GET /thread/{thread}"),
    call("Rename a thread", "PUT /thread/{thread}", {"name": "dinner"}),
    call("End a thread", "DELETE /thread/{thread}"),
    call("List a thread's members", f"GET {_MEMBERS}?limit=10&cursor="),
    call("Put members of the group into a thread", f"POST {_MEMBERS}", {"usernames": ["demo2"]}),
    call("Take members out of a thread", f"DELETE {_MEMBERS}", {"usernames": ["demo1"]}),
    call("Take a member out of a thread", f"DELETE {_MEMBERS}/demo1", by="demo2"),
    call("Join a thread", "POST /thread/{thread}/user/demo2/join", by="demo2"),
    call("Leave a thread", "DELETE /thread/{thread}/user/demo3/quit", by="demo3"),
    call("List a user's threads", "GET /threads/user/demo3?limit=10&cursor="),
    call("List a group's threads", "GET /threads/chatgroups/{group}?limit=10&cursor=", by="demo2"),
    call("List a user's threads in a group", "GET /threads/chatgroups/{group}/user/demo3?limit=10"),
    call("Read the last message of threads", "POST /thread/message", {"threadIds": ["{thread}"]},
         by="demo2"),
)  # fmt: skip
