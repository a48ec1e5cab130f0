"""The demo app of `up --demo`."""

from accounts.actions.im_apps import NewApp, create_app
from accounts.domain.app_settings import AppSettings
from accounts.domain.errors import AppExists
from accounts.domain.ids import Appkey
from imadmin.console.actions.demo import load_demo

DEMO_APPKEY = Appkey("demo", "app")


def make_demo_app() -> NewApp | None:
    """Make demo#app with its data; None when it exists already (nothing is touched then)."""
    try:
        made = create_app(
            DEMO_APPKEY,
            display_name="Demo",
            settings=AppSettings(open_registration=True, anonymous_upload=True),
        )
    except AppExists:
        return None
    load_demo(made.app)
    return made
