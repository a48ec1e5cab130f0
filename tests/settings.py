"""The product's settings with what rolls back: direct store, plain static files, cheap hashes."""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("IM_DATA_DIR", tempfile.mkdtemp(prefix="imadmin-tests-"))
os.environ.setdefault("IM_SECRET_KEY", "only-for-tests-" + "x" * 50)

from imadmin.settings import *  # noqa: F403

# What is compiled is kept, also where that is switched off, as in containers. Else each worker
# process rewrites the assertions of every test, and each server of theirs compiles all of us.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

ENTRY_STORE = "direct"
CONSOLE_HOSTS = ["testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
IM_ARGON2 = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]  # noqa: F405
# A file, not memory: tests of the writer reach it from several threads.
if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": str(Path(os.environ["IM_DATA_DIR"]) / f"test-{os.getpid()}.sqlite3")
    }
