"""Building plans: one invented floor, drawn as PDF, TIFF or DXF."""

import io
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFont

from leads.text import fold

from .pdf_files import Pdf

ROOMS = {
    "floor": ["Wohnen", "Küche", "Bad", "Flur", "Schlafen", "Kind", "Büro", "Abstellraum"],
    "basement": ["Heizraum", "Tankraum", "Waschküche", "Keller 1", "Keller 2", "Hobbyraum"],
    "roof": ["Modulfeld A", "Modulfeld B", "Lichtkuppel", "Wartungsweg", "Abluft", "Kamin"],
    "yard": ["Carport A", "Carport B", "Verteiler", "Zufahrt", "Trafo", "Grünfläche"],
}
SMALLEST_ROOM = 2.6  # metres a side
DOOR = 0.9
# G4 compresses lines well: A4 at 200 dpi stays below 30 kB.
TIFF_SIZE, TIFF_DPI = (2338, 1654), 200


@dataclass
class Plan:
    """Walls as (x1, y1, x2, y2) and labels as (x, y, text), in metres."""

    title: str
    width: float
    depth: float
    walls: list = field(default_factory=list)
    labels: list = field(default_factory=list)


def draw_plan(chance, *, title, kind="floor"):
    """Return an invented Plan, cut into rooms by chance."""
    plan = Plan(title, chance.randrange(90, 150) / 10, chance.randrange(75, 115) / 10)
    w, d = plan.width, plan.depth
    plan.walls += [(0, 0, w, 0), (w, 0, w, d), (w, d, 0, d), (0, d, 0, 0)]
    names = chance.sample(ROOMS[kind], len(ROOMS[kind]))
    _divide(plan, chance, names, 0, 0, w, d)
    return plan


def _divide(plan, chance, names, x, y, w, d):
    """Cut the room at x, y into two as long as there are names and space."""
    is_wide = w >= d
    longest = max(w, d)
    if len(names) < 2 or longest < 2 * SMALLEST_ROOM:
        area = f"{w * d:.1f} m²".replace(".", ",")
        plan.labels.append((x + w / 2, y + d / 2, f"{names[0]}\n{area}"))
        return
    at = round(chance.uniform(SMALLEST_ROOM, longest - SMALLEST_ROOM), 1)
    half = max(1, round(len(names) * at / longest))
    half = min(half, len(names) - 1)
    if is_wide:
        door = y + chance.uniform(0.2, d - DOOR - 0.2)
        plan.walls += [(x + at, y, x + at, door), (x + at, door + DOOR, x + at, y + d)]
        _divide(plan, chance, names[:half], x, y, at, d)
        _divide(plan, chance, names[half:], x + at, y, w - at, d)
    else:
        door = x + chance.uniform(0.2, w - DOOR - 0.2)
        plan.walls += [(x, y + at, door, y + at), (door + DOOR, y + at, x + w, y + at)]
        _divide(plan, chance, names[:half], x, y, w, at)
        _divide(plan, chance, names[half:], x, y + at, w, d - at)


def plan_as_pdf(plan):
    """Return the plan as one page of PDF, M 1:50 in spirit."""
    pdf = Pdf(plan.title)
    scale = min(475 / plan.width, 560 / plan.depth)
    left, top = 60, 110
    for number, (x1, y1, x2, y2) in enumerate(plan.walls):
        pdf.line(
            left + x1 * scale, top + y1 * scale, left + x2 * scale, top + y2 * scale,
            width=5 if number < 4 else 2.5,
        )  # fmt: skip
    for x, y, label in plan.labels:
        for row, text in enumerate(label.split("\n")):
            pdf.text(left + x * scale - 26, top + y * scale + 12 * row, text, size=9)
    bottom = top + plan.depth * scale + 24
    pdf.line(left, bottom, left + plan.width * scale, bottom)
    pdf.text(left + plan.width * scale / 2 - 20, bottom - 4, _metres(plan.width), size=9)
    pdf.text(60, 60, plan.title, size=15, bold=True)
    pdf.text(60, 78, "Bestand, Maße am Bau prüfen", size=9)
    return pdf.to_bytes()


def plan_as_tiff(plan):
    """Return the plan as a scan: black and white, CCITT G4 as archives keep plans."""
    image = Image.new("1", TIFF_SIZE, 1)
    draw = ImageDraw.Draw(image)
    large, small = ImageFont.load_default(44), ImageFont.load_default(30)
    scale = min(2000 / plan.width, 1280 / plan.depth)
    left, top = 150, 190
    for number, (x1, y1, x2, y2) in enumerate(plan.walls):
        ends = (left + x1 * scale, top + y1 * scale, left + x2 * scale, top + y2 * scale)
        draw.line(ends, fill=0, width=16 if number < 4 else 8)
    for x, y, label in plan.labels:
        draw.multiline_text(
            (left + x * scale, top + y * scale), _plotted(label), fill=0, font=small,
            anchor="mm", align="center",
        )  # fmt: skip
    size = f"{_metres(plan.width)} x {_metres(plan.depth)}"
    draw.text((150, 60), _plotted(plan.title), fill=0, font=large)
    draw.text((150, 122), _plotted(size), fill=0, font=small)
    draw.rectangle((40, 30, TIFF_SIZE[0] - 40, TIFF_SIZE[1] - 30), outline=0, width=4)
    result = io.BytesIO()
    image.save(result, "TIFF", compression="group4", dpi=(TIFF_DPI, TIFF_DPI))
    return result.getvalue()


def plan_as_dxf(plan):
    """Return the plan as DXF R12, which every CAD program reads."""
    pairs = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1009"), (0, "ENDSEC"),
             (0, "SECTION"), (2, "ENTITIES")]  # fmt: skip
    for x1, y1, x2, y2 in plan.walls:
        pairs += [(0, "LINE"), (8, "WAENDE"), (10, x1), (20, -y1), (11, x2), (21, -y2)]
    for x, y, label in plan.labels:
        text = label.replace("\n", " ").replace("²", "2")
        pairs += [(0, "TEXT"), (8, "RAEUME"), (10, x), (20, -y), (40, 0.25), (1, text)]
    pairs += [(0, "TEXT"), (8, "TITEL"), (10, 0), (20, 1), (40, 0.5), (1, plan.title)]
    pairs += [(0, "ENDSEC"), (0, "EOF")]
    lines = (f"{code:>3}\r\n{_dxf_value(value)}\r\n" for code, value in pairs)
    return "".join(lines).encode("cp1252", "replace")


def _plotted(text):
    """Return `text` as a plotter letters it; Pillow's own font has no umlauts either."""
    return fold(text).upper().replace(" · ", ", ").replace("–", "-")


def _dxf_value(value):
    return f"{value:.3f}" if isinstance(value, float) else value


def _metres(length):
    return f"{length:.2f} m".replace(".", ",")
