"""Makes one small picture: an image on standard input, a WebP on standard output.

Run as a program of its own, without Django and without the environment: what decodes the
bytes of strangers may take neither the time nor the memory of those who serve others.
"""

import resource
import sys

EDGE = 208
MAX_PIXELS = 50_000_000
MAX_EDGE = 20_000
# 50 megapixels of four bytes, a decoder's working copy, and Python itself.
MAX_MEMORY_BYTES = 1_000_000_000
MAX_CPU_SECONDS = 10
MAX_RESULT_BYTES = 1_000_000
NO_PICTURE = 3


def limit():
    """Let the system end this process when it takes too much."""
    for kind, most in (
        (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
        (resource.RLIMIT_CPU, MAX_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, MAX_RESULT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def main():
    """Return the exit code: 0, or NO_PICTURE for what is not decoded."""
    limit()
    from PIL import Image, ImageOps

    with Image.open(sys.stdin.buffer, formats=["PNG", "JPEG", "GIF", "WEBP", "TIFF"]) as image:
        width, height = image.size
        if width * height > MAX_PIXELS or max(width, height) > MAX_EDGE:
            return NO_PICTURE
        image.draft("RGB", (EDGE * 2, EDGE * 2))
        image.thumbnail((EDGE, EDGE), reducing_gap=2.0)
        small = ImageOps.exif_transpose(image)
        small = small.convert("RGBA" if "A" in small.getbands() else "RGB")
        small.save(sys.stdout.buffer, "WEBP", quality=80, exif=b"", icc_profile=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
