"""Stored files: kept whole, measured, scaled down once, told apart by app, and forgotten."""

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import TemporaryUploadedFile
from PIL import Image

from accounts.domain.actor import AppRef
from accounts.domain.app_settings import AppSettings
from accounts.domain.ids import Appkey
from accounts.models import ImApp
from chat.actions import thumbnails
from chat.actions.files import drop_expired_files, store_file
from chat.actions.thumbnails import look_at
from chat.domain.errors import FileExpired, FileNotFound, FileSecretWrong, FileTooLarge
from chat.models import StoredFile
from chat.queries.files import get_file, open_file

pytestmark = pytest.mark.django_db


def make_app(name: str = "files", **settings: object) -> AppRef:
    row = ImApp.objects.create(org="acme", name=name, key=f"acme#{name}", client_id=name)
    changed = AppSettings().changed(**settings)
    return AppRef(row.pk, str(row.uuid), Appkey("acme", name), changed)


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 200), mode: str = "RGB") -> bytes:
    """A noisy picture, so that no format packs it below 10 KB."""
    noise = Image.effect_noise(size, 120).convert(mode)
    if mode == "RGBA":
        noise.putalpha(Image.effect_noise(size, 90))
    made = io.BytesIO()
    noise.save(made, kind)
    return made.getvalue()


def keep(app: AppRef, content: bytes, name: str = "a.png", kind: str = "image/png", **more):
    return store_file(
        app, uploaded_by="demo1", filename=name, content_type=kind, content=io.BytesIO(content),
        **more,
    )  # fmt: skip


def read(app: AppRef, uuid: str, **how) -> tuple[bytes, str]:
    opened = open_file(app, uuid, **how)
    with opened.content:
        content = opened.content.read()
    assert len(content) == opened.size
    return content, opened.content_type


def age(uuid: str, days: float) -> None:
    row = StoredFile.objects.get(uuid=uuid)
    StoredFile.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(days=days))


def test_bytes_come_back_as_they_were():
    app = make_app()
    info = keep(app, b"\x00\x01binary", "talk.amr", "audio/amr; codec=x")
    assert read(app, info.uuid) == (b"\x00\x01binary", "audio/amr")
    assert (info.filename, info.size, info.width) == ("talk.amr", 8, 0)
    assert len(info.share_secret) >= 32
    assert get_file(app, info.uuid) == info


def test_an_upload_on_disk_is_kept_too():
    app = make_app()
    with TemporaryUploadedFile("big.bin", "application/zip", 3, None) as upload:
        upload.write(b"zip")
        info = store_file(
            app, uploaded_by="", filename="big.bin", content_type="application/zip", content=upload
        )
    assert read(app, info.uuid) == (b"zip", "application/zip")


def test_a_django_file_is_read_from_its_start():
    app = make_app()
    content = ContentFile(b"hello")
    content.read()
    info = store_file(app, uploaded_by="", filename="a", content_type="", content=content)
    assert read(app, info.uuid) == (b"hello", "application/octet-stream")


@pytest.mark.parametrize(
    ("declared", "name", "kept"),
    [
        ("", "photo.PNG", "image/png"),
        ("", "nothing", "application/octet-stream"),
        ("IMAGE/JPEG", "x", "image/jpeg"),
        ("text/html; charset=utf-8", "x", "text/html"),
        ("nonsense", "x.png", "application/octet-stream"),
        ("image/png\r\nX-Evil: 1", "x", "application/octet-stream"),
    ],
)
def test_type_is_the_declared_one_or_follows_the_name(declared, name, kept):
    app = make_app()
    assert keep(app, b"x", name, declared).content_type == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\docs\\合同.pdf", "合同.pdf"),
        ("a\r\nb\x00.txt", "ab.txt"),
        ("\ud800.txt", "?.txt"),
        ("x" * 300 + ".png", ("x" * 300 + ".png")[-255:]),
        ("", ""),
    ],
)
def test_only_a_plain_name_is_kept(sent, kept):
    assert keep(make_app(), b"x", sent).filename == kept


def test_stored_path_has_nothing_of_the_sender():
    info = keep(make_app(), b"x", "evil.php")
    assert "evil" not in str(StoredFile.objects.get(uuid=info.uuid).file.name)


def test_too_large_a_file_is_refused_and_leaves_nothing():
    app = make_app(max_file_bytes=10)
    with pytest.raises(FileTooLarge):
        keep(app, b"x" * 11)
    assert not StoredFile.objects.exists()
    keep(app, b"x" * 10)


@pytest.mark.parametrize(
    ("kind", "mode", "thumb_type"),
    [
        ("PNG", "RGB", "image/jpeg"),
        ("PNG", "RGBA", "image/png"),
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "L", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("GIF", "P", "image/jpeg"),
        ("WEBP", "RGBA", "image/png"),
        ("BMP", "RGB", "image/jpeg"),
    ],
)
def test_big_picture_has_a_small_copy(kind, mode, thumb_type):
    app = make_app()
    info = keep(app, picture(kind, mode=mode))
    assert (info.width, info.height) == (400, 200)
    small, served = read(app, info.uuid, thumbnail=True)
    assert served == thumb_type
    assert Image.open(io.BytesIO(small)).size == (170, 85)


def test_box_is_the_one_given_at_upload():
    app = make_app()
    info = keep(app, picture(), thumb_width=100, thumb_height=20)
    small, _ = read(app, info.uuid, thumbnail=True)
    assert Image.open(io.BytesIO(small)).size == (40, 20)


def test_turned_photo_is_measured_and_scaled_upright():
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.effect_noise((400, 200), 120).save(made, "JPEG", exif=exif)
    app = make_app()
    info = keep(app, made.getvalue())
    assert (info.width, info.height) == (200, 400)
    small, _ = read(app, info.uuid, thumbnail=True)
    assert Image.open(io.BytesIO(small)).size == (85, 170)


@pytest.mark.parametrize(
    "content",
    [
        picture(size=(20, 20)),  # under 10 KB
        picture()[:12_000],  # cut off
        b"no picture " * 2000,
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 20_000,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 900 900\n" + b" " * 20_000,
        b"",
    ],
)
def test_what_cannot_be_scaled_is_its_own_thumbnail(content):
    app = make_app()
    info = keep(app, content)
    assert read(app, info.uuid, thumbnail=True) == (content, "image/png")


def test_picture_with_too_many_pixels_is_never_decoded(monkeypatch):
    monkeypatch.setattr(thumbnails, "MAX_PIXELS", 399 * 200)
    content = picture()
    seen = look_at(io.BytesIO(content), len(content), (170, 170))
    assert (seen.width, seen.height, seen.thumb) == (400, 200, None)


def test_bomb_is_stored_but_not_unpacked():
    made = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(made, "PNG")  # 144 million pixels in a few KB
    content = made.getvalue() + b"\x00" * 10_240
    app = make_app()
    info = keep(app, content)
    assert read(app, info.uuid, thumbnail=True)[0] == content


def test_no_other_apps_file_and_no_odd_id_is_found():
    info = keep(make_app(), b"x")
    other = make_app("other")
    for uuid in (info.uuid, "not-a-uuid", "", "\x00", "\ud800", "0" * 32):
        with pytest.raises(FileNotFound):
            open_file(other, uuid)


def test_file_expires_with_the_apps_retention():
    app = make_app()
    info = keep(app, b"x")
    age(info.uuid, 6.9)
    read(app, info.uuid)
    age(info.uuid, 0.2)
    with pytest.raises(FileExpired):
        open_file(app, info.uuid)
    assert get_file(app, info.uuid).size == 1


def test_without_retention_nothing_expires():
    app = make_app(retention_days=0)
    info = keep(app, b"x")
    age(info.uuid, 4000)
    read(app, info.uuid)
    assert drop_expired_files(app) == 0


def test_expired_bytes_are_dropped_and_still_known_as_expired():
    app = make_app()
    old, new = keep(app, picture()), keep(app, b"new")
    age(old.uuid, 8)
    row = StoredFile.objects.get(uuid=old.uuid)
    storage, names = row.file.storage, [row.file.name, row.thumbnail.name]
    assert all(storage.exists(name) for name in names if name)
    assert drop_expired_files(app) == 1
    assert not any(storage.exists(name) for name in names if name)
    assert drop_expired_files(app) == 0
    with pytest.raises(FileExpired):
        open_file(app, old.uuid)
    read(app, new.uuid)


def test_lost_bytes_are_a_missing_file():
    app = make_app()
    info = keep(app, b"x")
    row = StoredFile.objects.get(uuid=info.uuid)
    row.file.storage.delete(str(row.file.name))
    with pytest.raises(FileNotFound):
        open_file(app, info.uuid)


def test_secret_is_demanded_only_of_restricted_files_where_the_app_says_so():
    strict, lenient = make_app("strict", enforce_share_secret=True), make_app("lenient")
    free, hidden = keep(strict, b"free"), keep(strict, b"hidden", restricted=True)
    read(strict, free.uuid)
    for wrong in ("", "wrong", "\ud800", free.share_secret):
        with pytest.raises(FileSecretWrong):
            open_file(strict, hidden.uuid, wrong)
    read(strict, hidden.uuid, secret=hidden.share_secret)
    read(strict, hidden.uuid, trusted=True)
    read(lenient, keep(lenient, b"x", restricted=True).uuid)


def test_row_that_fails_leaves_no_bytes(monkeypatch):
    app = make_app()
    saved: list[str] = []

    def fail(self: StoredFile, *_: object, **__: object) -> None:
        saved.append(str(self.file.name))
        raise RuntimeError("no")

    monkeypatch.setattr(StoredFile, "save", fail)
    with pytest.raises(RuntimeError):
        keep(app, b"x")
    storage = StoredFile._meta.get_field("file").storage
    assert saved
    assert not storage.exists(saved[0])
