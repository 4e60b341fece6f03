"""Handing files out of the storage: sent by us, by the web server, or by the bucket."""

from contextlib import contextmanager
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.utils.http import content_disposition_header

from leadbook.ranges import Part, Unsatisfiable, asked_range

from .models import StorageAway

SANDBOX = "sandbox; default-src 'none'"
PIECE_BYTES = 262_144


def hand_out(request, stored, *, name, content_type, opens_inline=False, sha256=""):
    """Answer the stored file, which the asker may have, under `name`.

    A bucket that browsers reach sends it itself, by an address that works for a minute;
    not what opens in the browser, which on the bucket's origin would not be sandboxed. The
    web server sends what lies in a folder where it may (ACCEL_REDIRECT). All else is sent
    from here, in pieces, or the one range of it that is asked for. Raises Http404 and
    StorageAway.
    """
    with _storage_errors():
        file = stored.open("rb")
    disposition = content_disposition_header(not opens_inline, name)
    if getattr(stored.storage, "signs_links", False) and not opens_inline:
        file.close()
        with _storage_errors():
            address = stored.storage.signed_address(
                stored.name,
                disposition=disposition,
                content_type=content_type,
                method=request.method,
            )
        return HttpResponseRedirect(address)
    if settings.ACCEL_REDIRECT and isinstance(stored.storage, FileSystemStorage):
        file.close()
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.ACCEL_REDIRECT}/{quote(stored.name)}"
    else:
        response = _sent(request, file, content_type, etag=f'"{sha256}"' if sha256 else "")
    response["Content-Disposition"] = disposition
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _sent(request, file, content_type, *, etag):
    size = file.size
    # A range is defined for GET alone.
    headers = request.headers if request.method == "GET" else {}
    try:
        asked = asked_range(headers, size=size, etag=etag)
    except Unsatisfiable:
        file.close()
        response = HttpResponse(status=416, content_type=content_type)
        response["Content-Range"] = f"bytes */{size}"
    else:
        positions = asked or range(size)
        response = FileResponse(
            Part(file, positions), status=206 if asked else 200, content_type=content_type
        )
        response.block_size = PIECE_BYTES
        response["Content-Length"] = len(positions)
        if asked:
            response["Content-Range"] = f"bytes {asked.start}-{asked.stop - 1}/{size}"
    response["Accept-Ranges"] = "bytes"
    if etag:
        response["ETag"] = etag
    return response


@contextmanager
def _storage_errors():
    """Turn whatever a storage's own client raises into the answers to it."""
    try:
        yield
    except FileNotFoundError:
        raise Http404 from None
    except Exception as error:
        raise StorageAway from error
