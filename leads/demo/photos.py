"""Photos as a rep takes them with a phone, drawn: boiler rooms, roofs, car parks."""

import io

from PIL import Image, ImageDraw, ImageOps

SIZE = (1600, 1200)
QUALITY = 80
# EXIF tags, Exif 2.3: orientation, make, model, date and time.
ORIENTATION, MAKE, MODEL, DATE_TIME = 0x0112, 0x010F, 0x0110, 0x0132
TURNED = 6  # the camera was held upright: a viewer turns the picture by 90° clockwise


def photo_of_boiler_room(chance, taken_at, *, turned=False):
    """Return a JPEG of a boiler with its pipes and tank."""
    image = _gradient(chance.choice(["#d9d3c7", "#cfd2cc", "#d8cdb8"]), "#8f8a80")
    draw = ImageDraw.Draw(image)
    floor = chance.randint(880, 960)
    draw.rectangle((0, floor, *SIZE), fill="#6f6a63")
    for x in range(-200, 1800, 160):
        draw.line((x, 1200, x + (800 - x) * 0.3, floor), fill="#5f5b55", width=4)
    left = chance.randint(380, 620)
    body = chance.choice(["#c8502d", "#3d5a80", "#e3e3df", "#c9a227"])
    draw.rounded_rectangle((left, 360, left + 420, floor + 40), 24, fill=body, outline="#333")
    draw.rounded_rectangle((left + 60, 430, left + 360, 560), 12, fill="#22282c")
    draw.rectangle((left + 90, 460, left + 210, 530), fill="#9fd3a8")
    draw.ellipse((left + 260, 460, left + 330, 530), fill="#ddd", outline="#111", width=4)
    for number in range(chance.randint(3, 5)):
        x = left + 60 + number * 70
        colour = "#b4632f" if number % 2 else "#9aa3a8"
        draw.rectangle((x, 0, x + 26, 360), fill=colour)
        draw.ellipse((x - 14, 200, x + 40, 254), fill="#a33", outline="#611", width=4)
    draw.rounded_rectangle(
        (60, 420, left - 60, floor + 60), 60, fill="#d7d2bd", outline="#777"
    )
    draw.rectangle((1180, 120, 1500, 520), fill="#cfd8e0", outline="#888", width=8)
    return _jpeg(image, chance, taken_at, turned=turned)


def photo_of_roof(chance, taken_at):
    """Return a JPEG of a tiled roof under the sky."""
    image = _gradient("#7fa9d6", "#dfe9f2")
    draw = ImageDraw.Draw(image)
    ridge, eaves = chance.randint(330, 420), chance.randint(900, 980)
    dark, light = chance.choice([("#7a3b2a", "#94503a"), ("#4a4d52", "#5d6168")])
    draw.polygon([(120, eaves), (380, ridge), (1380, ridge), (1520, eaves)], fill=dark)
    rows = 22
    for row in range(rows):
        y = ridge + (eaves - ridge) * row / rows
        inset = 260 * (1 - row / rows)
        draw.line((120 + inset, y, 1520 - inset * 0.54, y), fill=light, width=9)
    draw.rectangle((120, eaves, 1520, 1200), fill="#efe8da")
    for x in range(220, 1400, 300):
        draw.rectangle(
            (x, eaves + 60, x + 130, 1180), fill="#4b5a66", outline="#fff", width=10
        )
    x = chance.randint(520, 1150)
    draw.rectangle((x, ridge - 110, x + 90, ridge + 120), fill="#8c5a48")
    for _number in range(chance.randint(1, 2)):
        x, y = chance.randint(450, 1250), chance.randint(ridge + 160, eaves - 170)
        draw.rectangle((x, y, x + 120, y + 130), fill="#9db8cc", outline="#333", width=8)
    return _jpeg(image, chance, taken_at)


def photo_of_car_park(chance, taken_at):
    """Return a JPEG of marked parking bays before a building."""
    image = _gradient("#b9cbd9", "#e8ecec")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 300, 1600, 620), fill=chance.choice(["#d3d0c9", "#bfc6c9", "#dac9ae"]))
    for x in range(60, 1600, 190):
        draw.rectangle((x, 360, x + 120, 540), fill="#48606e", outline="#eee", width=6)
    draw.rectangle((0, 620, 1600, 1200), fill="#5a5d60")
    for number in range(-2, 11):
        x = 800 + (number - 4) * 150
        draw.line((x, 660, 800 + (x - 800) * 2.1, 1200), fill="#e9e9e4", width=12)
    for _number in range(chance.randint(2, 4)):
        x, colour = (
            chance.randint(0, 8) * 150 + 210,
            chance.choice(["#233", "#844", "#e7e7e7"]),
        )
        draw.rounded_rectangle(
            (x, 590, x + 110, 700), 30, fill=colour, outline="#111", width=4
        )
    return _jpeg(image, chance, taken_at)


def _gradient(top, bottom):
    shade = Image.linear_gradient("L").resize(SIZE)
    return ImageOps.colorize(shade, top, bottom)


def _jpeg(image, chance, taken_at, *, turned=False):
    """Return the drawing with a lens's softness and a sensor's grain."""
    half = (SIZE[0] // 2, SIZE[1] // 2)
    image = image.reduce(2).resize(SIZE)
    grain = Image.frombytes("L", half, chance.randbytes(half[0] * half[1])).resize(SIZE)
    image = Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.05)
    exif = Image.Exif()
    exif[MAKE], exif[MODEL] = "Beispiel", "Demo 1"
    exif[DATE_TIME] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    if turned:
        image = image.transpose(Image.Transpose.ROTATE_90)
        exif[ORIENTATION] = TURNED
    result = io.BytesIO()
    image.save(result, "JPEG", quality=QUALITY, exif=exif)
    return result.getvalue()
