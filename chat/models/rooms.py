"""Groups, chatrooms and threads: one table, as they share an id space, roles and moderation."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import ImApp, ImUser


class Room(models.Model):
    """A group (durable membership), chatroom (membership while present) or a group's thread.

    Destroyed rooms stay until retention ends, so that offline members learn of it.
    """

    class Kind(models.TextChoices):
        GROUP = "group"
        CHATROOM = "chatroom"
        THREAD = "thread"

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="rooms")
    kind = models.CharField(max_length=8, choices=Kind)
    room_id = models.CharField(max_length=64)
    owner = models.ForeignKey(ImUser, models.SET_NULL, null=True, related_name="owned_rooms")
    # Wider than the default limits, which are settings of the app.
    name = models.CharField(max_length=512, blank=True)
    description = models.CharField(max_length=4096, blank=True)
    custom = models.CharField(max_length=65_536, blank=True)
    avatar = models.CharField(max_length=4096, blank=True)
    public = models.BooleanField(default=True)
    members_only = models.BooleanField(default=False)  # joining needs approval
    allow_invites = models.BooleanField(default=False)  # members may invite
    invite_need_confirm = models.BooleanField(default=True)
    max_members = models.PositiveIntegerField(default=200)
    member_count = models.PositiveIntegerField(default=0)
    muted_all = models.BooleanField(default=False)
    disabled = models.BooleanField(default=False)
    announcement = models.CharField(max_length=4096, blank=True)
    announced_by = models.CharField(max_length=64, blank=True)
    announced_at = models.DateTimeField(null=True, blank=True)
    # A thread's group, and the message of it that the thread is about.
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, db_index=False, related_name="threads"
    )
    parent_message = models.BigIntegerField(null=True, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["app", "room_id"],
                condition=Q(destroyed_at__isnull=True),
                name="live_room_id_unique_in_app",
            ),
            models.UniqueConstraint(
                fields=["parent_message"],
                condition=Q(parent_message__isnull=False, destroyed_at__isnull=True),
                name="one_thread_per_message",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["parent", "-id"], condition=Q(parent__isnull=False),
                         name="threads_of_group"),
            models.Index(fields=["app", "kind", "-created_at", "-id"]),
            models.Index(fields=["app", "kind", "name"]),
            # Those that are gone, too: what was said in them is in the log of messages.
            models.Index(fields=["app", "room_id"], name="room_by_id"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.room_id}"


class RoomMember(models.Model):
    """One stay of a user in a room; a later stay is another row.

    Sync and unread cover the entries from `joined_seq` (exclusive) to `left_seq` (inclusive).
    """

    class Rank(models.IntegerChoices):
        MEMBER = 1
        ADMIN = 2
        OWNER = 3

    room = models.ForeignKey(Room, models.CASCADE, related_name="stays")
    user = models.ForeignKey(ImUser, models.CASCADE, related_name="stays")
    affiliation = models.PositiveSmallIntegerField(choices=Rank, default=Rank.MEMBER)
    allow_listed = models.BooleanField(default=False)
    attributes = models.JSONField(default=dict, blank=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    joined_seq = models.BigIntegerField(default=0)
    left_at = models.DateTimeField(null=True, blank=True)
    left_seq = models.BigIntegerField(null=True, blank=True)
    # Chatrooms: put in by REST or the console and not online since, so the grace does not run.
    never_present = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["room", "user"],
                condition=Q(left_seq__isnull=True),
                name="one_stay_at_a_time",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"]),
            models.Index(fields=["user", "-room"], condition=Q(left_seq__isnull=True),
                         name="rooms_of_user"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"


class RoomMute(models.Model):
    """A mute outlives leaving and coming back. `expires_at` null: for ever."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="mutes")
    user = models.ForeignKey(ImUser, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "user"], name="one_mute_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.user} muted in {self.room}"


class RoomBlock(models.Model):
    room = models.ForeignKey(Room, models.CASCADE, related_name="blocks")
    user = models.ForeignKey(ImUser, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "user"], name="blocked_from_room_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} blocked from {self.room}"


class RoomRequest(models.Model):
    """An open invitation (the user must answer) or application (an admin must answer)."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="requests")
    user = models.ForeignKey(ImUser, models.CASCADE, related_name="room_requests")
    invited_by = models.CharField(max_length=64, blank=True)  # empty: an application
    message = models.CharField(max_length=512, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "user"], name="one_open_request")
        ]

    def __str__(self) -> str:
        return f"{self.user} and {self.room}"


class SuperAdmin(models.Model):
    """May create chatrooms from a client and manage every chatroom of the app."""

    app = models.ForeignKey(ImApp, models.CASCADE, related_name="super_admins")
    user = models.ForeignKey(ImUser, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "user"], name="super_admin_once")
        ]

    def __str__(self) -> str:
        return f"super admin {self.user}"


class RoomAttribute(models.Model):
    """One key of a chatroom's key-value store (rest.md 3.9.12). `owner` is a username, or `admin`.

    With `auto_delete` it goes when its owner leaves the room.
    """

    room = models.ForeignKey(Room, models.CASCADE, related_name="attributes")
    key = models.CharField(max_length=512)
    value = models.TextField(blank=True)
    owner = models.CharField(max_length=64)
    auto_delete = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "key"], name="one_value_per_room_attribute")
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.room}"
