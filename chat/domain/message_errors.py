"""The refusals about what is done to messages; chat.domain.errors names them all."""

from accounts.domain.errors import IllegalArgument, LimitExceeded, NotFound, NotPermitted


class MessageNotFound(NotFound):
    code = "message_not_found"
    template = "not_found msg"


class NotItsTarget(NotFound):
    """The message exists, but not where the recall says."""

    code = "not_its_target"
    template = "can't find msg to"


class PinMissing(NotFound):
    """Clients look for this sentence (msync.md 9.3)."""

    code = "pin_missing"
    template = "user session pin message not exist"


class PinLimit(LimitExceeded):
    code = "pin_limit"
    template = "as many messages are pinned as the app allows"


class TooManyDirected(IllegalArgument):
    """A message to some members of a room names too many."""

    code = "too_many_directed"
    template = "param users's size can't exceed limit {limit}"


class RecallTooLate(NotPermitted):
    code = "recall_too_late"
    template = "exceed recall time limit"


class RecallDisabled(NotPermitted):
    code = "recall_disabled"
    template = "message recall service is unopened"


class NotRecallable(NotPermitted):
    code = "not_recallable"
    template = "This message cannot be recalled."


class ReactionRefused(IllegalArgument):
    """`detail` is the vendor's sentence (rest.md 3.11)."""

    code = "reaction_refused"
    template = "{detail}"


class BroadcastDisabled(NotPermitted):
    code = "broadcast_disabled"
    template = "message broadcast service is unopened"


class EditDisabled(NotPermitted):
    code = "edit_disabled"
    template = "The rewrite message feature is not open."


class EditTargetMissing(NotFound):
    """Not stored (any more), recalled, or not for this editor to know of."""

    code = "edit_target_missing"
    template = "The message is unavailable or has expired."


class NotEditable(IllegalArgument):
    """A type, or a kind of conversation, whose messages stay as they are."""

    code = "not_editable"
    template = "The message is of a type that is currently not supported for modification."


class EditNotPermitted(NotPermitted):
    code = "edit_not_permitted"
    template = "You are not authorized to edit this message."


class TooManyEdits(NotPermitted):
    code = "too_many_edits"
    template = "The message has reached its edit limit and cannot be modified further."
