"""Hashed static files, with our own modules importing each other under hashed names."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

OUR_SCRIPTS = ("console/*.js", "sdk/*.js")


class ConsoleStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Without the aggregation an upgrade would mix a new module with a cached old one."""

    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django takes `import("…")` in a comment of somebody else's script for a module.
        for_scripts = self._patterns.pop("*.js")
        self._patterns.update(dict.fromkeys(OUR_SCRIPTS, for_scripts))
