"""Small pictures of uploaded images. The originals are never changed."""

import io
import logging

from PIL import Image, ImageOps

logger = logging.getLogger(__name__)

EDGE = 208
MAX_PIXELS = 50_000_000
MAX_EDGE = 20_000


def make_thumbnail(upload):
    """Return a WebP of at most 208 pixels a side as a file, or None.

    The header is read first: what is larger than 50 megapixels or 20,000 pixels a side
    is not decoded. The thumbnail carries no EXIF, its orientation is applied. A broken
    image gives None; it stays a document like any other.
    """
    upload.seek(0)
    try:
        with Image.open(upload) as image:
            width, height = image.size
            if width * height > MAX_PIXELS or max(width, height) > MAX_EDGE:
                return None
            image.draft("RGB", (EDGE * 2, EDGE * 2))
            image.thumbnail((EDGE, EDGE), reducing_gap=2.0)
            small = ImageOps.exif_transpose(image)
            small = small.convert("RGBA" if "A" in small.getbands() else "RGB")
            result = io.BytesIO()
            small.save(result, "WEBP", quality=80, exif=b"", icc_profile=None)
            return result
    except Exception as error:
        # Pillow's decoders raise many kinds of errors on what strangers made.
        logger.info("no thumbnail: %s", type(error).__name__)
        return None
