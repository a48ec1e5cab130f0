"""The things that chat must hear from accounts; signals carry facts, never a flow."""

from django.dispatch import Signal

# All are sent inside the transaction that makes the change, with app_id, user_id, username where
# nothing else is said.
im_user_deleted = Signal()  # sent before the row goes
im_user_disabled = Signal()
# `reason` is "password_changed" or "forced_offline"; `device` is empty for all devices.
tokens_revoked = Signal()
# `kind` and `key` name what was silenced, `device` who did it; `silent` is what is set now.
silent_changed = Signal()
# With app_id alone, before everything of the app goes.
im_app_deleted = Signal()
