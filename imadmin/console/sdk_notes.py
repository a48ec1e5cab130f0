"""What the Connect page says beside each tab's code: the settings that matter, common mistakes."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Setting = tuple[str, str | Promise]


@dataclass(frozen=True, slots=True)
class Notes:
    """`settings` are names as the code has them, each with what it does."""

    settings: tuple[Setting, ...] = ()
    mistakes: tuple[Promise, ...] = ()


_TLS = _("A page with TLS (https) may open wss:// and https:// addresses only.")
_EXISTS = _(
    "The user must exist before it signs in: create it here, or by REST. The check above shows a"
    " refused sign-in."
)
_DEVICES = _("A user has a few devices at once (a setting of the app); one more ends the oldest.")
_SECRET = _("The client secret belongs on your server, never into a page or an app.")

_REST = Notes(
    (
        ("client_id, client_secret", _("For the app token, which may do everything in this app.")),
        ("Authorization", _("Bearer and the token; on every call but the token calls.")),
        ("Content-Type", "application/json"),
    ),
    (
        _("401: the token is missing, of another app, or has expired; ask for a new one."),
        _("404: organisation or app name in the address is not this app's."),
        _("Usernames are kept in lower case: Ann and ann are one user."),
        _SECRET,
    ),
)
# Source: msync.md 2.1.
_WEB_4: tuple[Setting, ...] = (
    ("appKey", _("organisation#app, exactly as above.")),
    ("isHttpDNS", _("false: else the SDK asks the vendor's servers where to connect.")),
    (
        "url",
        _("Used as it is: /websocket for 4.13 and later, http and /ws for older web builds."),
    ),
    ("apiUrl", _("Scheme, host and port: no path, no slash at the end.")),
    ("delivery", _("true: the SDK tells the sender of each message that it received.")),
    ("accessToken", _("In open() instead of pwd: a user token from your server.")),
    (
        "autoReconnectNumMax",
        _("How often the SDK tries to come back: 5 when left out, 0 in 3.x."),
    ),
)
# Source: webim1-xmpp.md §1.
_WEB_1: tuple[Setting, ...] = (
    ("url", _("The whole address, with /ws/ at its end.")),
    ("apiUrl", _("In the connection and in open(): versions read the one or the other.")),
    ("https", _("false on plain HTTP; true when the page and this server have TLS.")),
    ("isHttpDNS", _("false: else the SDK asks the vendor's servers where to connect.")),
    (
        "autoReconnectNumMax",
        _("How often the SDK tries to come back; without it never. Error 16 says it gave up."),
    ),
    ("delivery", _("true: the SDK tells the sender of each message that it received.")),
)

NOTES: dict[str, Notes] = {
    "curl": _REST,
    "python": _REST,
    "php": Notes(
        (("CURLOPT_CUSTOMREQUEST", _("The method; the body is JSON text.")), *_REST.settings[:2]),
        (
            _("These are plain calls: that the vendor's PHP SDK takes another host was not tried."),
            *_REST.mistakes,
        ),
    ),
    "java": Notes(
        (
            ("setBaseUri", _("Scheme, host and port: no path, no slash at the end.")),
            ("setAppkey", _("organisation#app, exactly as above.")),
            ("setClientId, setClientSecret", _("The SDK gets the app token by itself.")),
        ),
        (
            _("Once the secret is rotated the SDK needs the new one: the old one gets no token."),
            _SECRET,
        ),
    ),
    "native": Notes(
        (
            ("appkey", _("organisation#app, exactly as above.")),
            ("token", _("In login instead of password: a user token from your server.")),
            ("device", _("A name of the device that stays the same: it keeps its own place.")),
            ("heartbeat_s", _("So often the server wants a ping; without any it closes.")),
        ),
        (_EXISTS, _DEVICES, _TLS),
    ),
    "dongdong": Notes(
        (
            ("getToken", _("Asks your server for a user token; it is called again when one ends.")),
            ("pin, toChat", _("Usernames of this app.")),
        ),
        (_EXISTS, _SECRET, _TLS),
    ),
    "web4": Notes(
        _WEB_4,
        (
            _(
                "The url of another build: with /ws a build from 4.13 on does not get ready, nor an"
                " older one with /websocket."
            ),
            _EXISTS,
            _DEVICES,
            _TLS,
        ),
    ),
    "web1": Notes(
        _WEB_1,
        (
            _("window.WebIM = {config: …} must stand before the SDK's file, or it fails to load."),
            _("No underscore in organisation and app name: SDK 1.x cuts names out at the first."),
            _("Error 8: the user signed in elsewhere. Error 16: the server closed, or is away."),
            _EXISTS,
        ),
    ),
    "miniprogram": Notes(
        _WEB_4[:-1],
        (
            _(
                "On a phone only domains on the platform's allow list open, for sockets and for"
                " requests, all with TLS; in the developer tools the check can be switched off."
            ),
            _("127.0.0.1 is the phone itself there: use this machine's address in the network."),
            _EXISTS,
        ),
    ),
}
