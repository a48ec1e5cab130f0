"""Collected static files: in the data directory, renewed when what is shipped has changed."""

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

import imadmin


def collect_if_needed() -> None:
    """Run collectstatic unless the same files were collected before."""
    stamp = settings.STATIC_ROOT / ".collected"
    wanted = _fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(wanted)


def _fingerprint() -> str:
    """Of names, sizes and times, which is enough to see an upgrade or an edit."""
    digest = hashlib.sha256(imadmin.__version__.encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            modified = storage.get_modified_time(path).timestamp()
            digest.update(f"{path}\0{storage.size(path)}\0{modified}\n".encode())
    return digest.hexdigest()
