"""QR codes as one path of an SVG: no file, no other host, no inline style."""

from dataclasses import dataclass

import segno

# Light modules around it, without which readers do not find it (ISO/IEC 18004).
QUIET = 4


@dataclass(frozen=True)
class QRCode:
    """What an <svg> needs: its side, in modules, and the path of the dark ones."""

    side: int
    path: str

    @classmethod
    def of(cls, text):
        """Return the code that a camera reads as `text`."""
        rows = segno.make_qr(text, error="m").matrix
        path = "".join(
            f"M{QUIET + start} {QUIET + top}h{length}v1h-{length}z"
            for top, row in enumerate(rows)
            for start, length in _dark_runs(row)
        )
        return cls(side=len(rows) + 2 * QUIET, path=path)


def _dark_runs(row):
    """Yield start and length of the dark modules that lie beside each other."""
    start = None
    for place, module in enumerate([*row, 0]):
        if module and start is None:
            start = place
        elif not module and start is not None:
            yield start, place - start
            start = None
