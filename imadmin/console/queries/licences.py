"""What the server is made of, in which versions, under which licences."""

from importlib.metadata import PackageNotFoundError, metadata

# As pyproject.toml names them; a test compares.
PACKAGES = (
    "Django", "channels", "channels-redis", "djangorestframework", "daphne", "drf-spectacular",
    "drf-spectacular-sidecar", "django-htmx", "django-filter", "whitenoise", "argon2-cffi",
    "cryptography", "msgspec", "av", "Pillow", "httpx", "protobuf", "psycopg",
    "prometheus-client", "redis", "websockets",
)  # fmt: skip
BROWSER_FILES = (
    ("Tabler", "1.6.1", "MIT"),
    ("Tabler Icons", "3.52.0", "MIT"),
    ("htmx", "2", "0BSD"),
)
_LONGEST = 40  # some packages have their licence's whole text there


def licences() -> list[tuple[str, str, str]]:
    """Name, version, licence."""
    return [*BROWSER_FILES, *(found for name in PACKAGES if (found := _of(name)))]


def _of(name: str) -> tuple[str, str, str] | None:
    try:
        told = metadata(name)
    except PackageNotFoundError:  # an extra that this machine does without
        return None
    said = {key: value for key, value in told.json.items() if value}
    short = str(said.get("license", ""))
    licence = said.get("license_expression") or (short if len(short) <= _LONGEST else "")
    classes = [one for one in said.get("classifier", ()) if one.startswith("License ::")]
    named = str(licence) or " / ".join(one.split(" :: ")[-1] for one in classes)
    return name, told["Version"], named
