"""Compressing pages on their way out."""

import re
import secrets
import struct

import zstandard
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

TAKES_ZSTD = re.compile(r"\bzstd\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
# Eight times as quick as gzip is at its usual level, and smaller: measured on a list. Level
# 1 saves 0.04 ms more and sends more than gzip does.
LEVEL = 2
# The head of a frame that decoders skip; RFC 8878, 3.1.2.
SKIPPED = 0x184D2A50


class PageCompressionMiddleware(GZipMiddleware):
    """Compresses HTML, by zstd (RFC 8878) for browsers that know it, for others by gzip.

    A list of fifty leads then takes less than an eighth of the bytes. Static files are
    compressed once by collectstatic, and attachments keep their length and bytes: most of
    them are compressed formats, and a download shows its progress.

    That a compressed page's length could betray what stands in it (BREACH) is answered
    three times: each answer has a random number of bytes more and the CSRF token masked
    anew, and another site cannot have a signed-in person's browser ask often and unseen,
    because the session's cookie is `SameSite=Lax`.
    """

    def process_response(self, request, response):
        """Compress a page that is not sent in pieces."""
        content_type = response.headers.get("Content-Type", "")
        if response.streaming or not content_type.startswith("text/html"):
            return response
        takes_zstd = TAKES_ZSTD.search(request.headers.get("Accept-Encoding", ""))
        if response.has_header("Content-Encoding") or not takes_zstd:
            return super().process_response(request, response)
        packed = self._packed(response.content)
        if len(packed) >= len(response.content):
            return super().process_response(request, response)
        response.content = packed
        response.headers["Content-Encoding"] = "zstd"
        response.headers["Content-Length"] = str(len(packed))
        patch_vary_headers(response, ("Accept-Encoding",))
        # Of the same page no two are packed alike; RFC 9110, 8.8.1.
        if response.headers.get("ETag", "").startswith('"'):
            response.headers["ETag"] = f"W/{response.headers['ETag']}"
        return response

    def _packed(self, content):
        """Return `content` compressed, with as many random bytes behind it as gzip adds."""
        padding = secrets.token_bytes(secrets.randbelow(self.max_random_bytes + 1))
        frame = zstandard.ZstdCompressor(level=LEVEL).compress(content)
        return frame + struct.pack("<II", SKIPPED, len(padding)) + padding
