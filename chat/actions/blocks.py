"""Personal block lists: who may not write to a user."""

from django.db import transaction

from accounts.domain.actor import Actor
from accounts.models import ImUser
from chat.actions.pair_access import acting_name, open_pair
from chat.domain.commands import BlockUsers, SetBlocks, UnblockUser
from chat.domain.errors import BlockLimit, IllegalArgument
from chat.domain.events import RosterChange
from chat.models import BlockEntry


@transaction.atomic
def block_users(actor: Actor, command: BlockUsers) -> list[str]:
    """Refuse the messages of these users. Friendship is neither needed nor ended.

    Answers the names of the call, those that were blocked already included.

    Raises:
        UserNotFound: the owner or one of them; nobody is blocked then.
        OneselfRefused, BlockLimit. IllegalArgument: no name.
    """
    owner = acting_name(actor, command.owner)
    names = list(dict.fromkeys(name.lower() for name in command.usernames))
    if not names:
        raise IllegalArgument(detail="usernames must be provided")
    # In one order for everybody, so that two calls cannot wait for each other.
    pairs = [open_pair(actor, owner, name) for name in sorted(names)]
    blocks = BlockEntry.objects.filter(owner=pairs[0].owner)
    known = set(blocks.values_list("blocked", flat=True))
    by_name = {pair.peer.username: pair.peer for pair in pairs}
    new = [by_name[name] for name in names if by_name[name].pk not in known]
    if len(known) + len(new) > actor.app.settings.max_blocks:
        raise BlockLimit(username=owner)
    BlockEntry.objects.bulk_create(
        BlockEntry(app_id=actor.app.id, owner=pairs[0].owner, blocked=user) for user in new
    )
    if new:
        pairs[0].note("block.add", users=[None, [user.username for user in new]])
        by_peer = {pair.peer.username: pair for pair in pairs}
        pairs[0].tell(
            *(by_peer[user.username].to_owner(RosterChange.BLOCKED, by_me=True) for user in new)
        )
    return names


@transaction.atomic
def unblock_user(actor: Actor, command: UnblockUser) -> bool:
    """Let somebody write again; False when they were not blocked.

    Raises:
        UserNotFound, OneselfRefused.
    """
    pair = open_pair(actor, command.owner, command.username)
    deleted, _ = BlockEntry.objects.filter(owner=pair.owner, blocked=pair.peer).delete()
    if deleted:
        pair.note("block.remove", user=[pair.peer.username, None])
        pair.tell(pair.to_owner(RosterChange.UNBLOCKED, by_me=True))
    return bool(deleted)


@transaction.atomic
def set_blocks(actor: Actor, command: SetBlocks) -> None:
    """Make these users, and nobody else, the actor's block list.

    Raises:
        BlockLimit.
    """
    blocks = BlockEntry.objects.filter(owner_id=actor.user_id)
    known = set(blocks.values_list("blocked__username", flat=True))
    wanted = {name.lower() for name in command.usernames} - {actor.username}
    found = ImUser.objects.filter(app_id=actor.app.id, username__in=wanted)
    real = set(found.values_list("username", flat=True))
    for name in sorted(known - real):
        unblock_user(actor, UnblockUser(name))
    if new := sorted(real - known):
        block_users(actor, BlockUsers(tuple(new)))
