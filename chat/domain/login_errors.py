"""How log-ins are refused and end; chat.domain.errors names them all."""

from accounts.domain.errors import ImError, LimitExceeded, NotPermitted


class OnlineLimit(LimitExceeded):
    code = "online_limit"
    template = "As many users are online as the app allows."


class DailyLimit(LimitExceeded):
    code = "daily_limit"
    template = "As many users were online today as the app allows."


class MonthlyLimit(LimitExceeded):
    code = "monthly_limit"
    template = "As many users were online this month as the app allows."


class TooManyDevices(NotPermitted):
    """The app refuses the new device instead of displacing the oldest."""

    code = "too_many_devices"
    template = "The user is logged in on as many devices as the app allows."


class DeviceReplaced(ImError):
    """Ends a connection: the same device, or one too many, logged in."""

    code = "device_replaced"
    template = "Another log-in replaced this one."


class ForcedOffline(ImError):
    code = "forced_offline"
    template = "An administrator ended this log-in."


class AccountRemoved(ImError):
    code = "account_removed"
    template = "The account was removed."


class PasswordChanged(ImError):
    code = "password_changed"
    template = "The password was changed."
