"""Offers as PDF, replies as e-mail, load profiles as CSV."""

import io
from datetime import timedelta
from decimal import Decimal
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from leadbook.numbers import euro, german

from .pdf_files import Pdf

SENDER = "leadbook Demo GmbH · Musterweg 1 · 80331 München"
VALUE_ADDED_TAX = {
    "Deutschland": Decimal(19), "Österreich": Decimal(20), "Schweiz": Decimal("8.1"),
}  # fmt: skip
MONTHS = (
    "Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez",
)  # fmt: skip
POSITIONS = {
    "waermepumpe-sued": [
        ("Luft-Wasser-Wärmepumpe mit Inneneinheit und Regelung", 46),
        ("Pufferspeicher 300 l, Trinkwasserspeicher 300 l", 13),
        ("Demontage der alten Anlage, Entsorgung", 9),
        ("Hydraulischer Abgleich nach Verfahren B", 5),
        ("Elektroarbeiten, Zählerplatz", 11),
        ("Montage, Inbetriebnahme, Einweisung", 16),
    ],
    "photovoltaik-bayern": [
        ("Solarmodule, Unterkonstruktion", 41),
        ("Wechselrichter mit Monitoring", 14),
        ("Batteriespeicher", 21),
        ("Gerüst und Dacharbeiten", 9),
        ("Elektroarbeiten, Netzanmeldung", 15),
    ],
    "ladeinfrastruktur-dach": [
        ("Ladepunkte mit Fundament", 44),
        ("Lastmanagement, Backend für drei Jahre", 12),
        ("Verteiler, Zuleitung, Kabelwege", 24),
        ("Tiefbau", 14),
        ("Inbetriebnahme, Prüfung nach VDE 0100-600", 6),
    ],
}
REPLIES = [
    "vielen Dank für das Angebot. Wir haben noch eine Frage zur Förderung: Muss der Antrag "
    "vor dem Auftrag gestellt werden, oder reicht das danach?",
    "danke für den Termin. Anbei das Foto, um das Sie gebeten hatten. Am Donnerstag sind wir "
    "ab 15 Uhr erreichbar.",
    "das Angebot haben wir erhalten. Bitte schicken Sie uns noch die Variante ohne "
    "Elektroarbeiten, die macht ein Bekannter. Das Typenschild hängt an.",
]
REPLIES_OF_COMPANIES = [
    "wir haben das in der Versammlung besprochen. Die Mehrheit ist dafür, das Protokoll "
    "hängt an.",
    "die Geschäftsleitung hat zugestimmt, vorbehaltlich eines festen Preises für die "
    "Nebenarbeiten. Das Protokoll liegt bei.",
]


def offer_as_pdf(lead, *, at, by, chance):
    """Return an offer of two pages over the lead's value."""
    number = f"A-{at:%y%m}-{chance.randint(100, 999)}"
    pdf = Pdf(f"Angebot {number}")
    pdf.text(60, 60, "leadbook Demo GmbH", size=16, bold=True)
    pdf.line(60, 72, 535, 72)
    pdf.text(60, 118, SENDER, size=7)
    address = [lead.company, lead.contact_person or lead.name, lead.street,
               f"{lead.postcode} {lead.city}"]  # fmt: skip
    for row, line in enumerate(filter(None, address)):
        pdf.text(60, 140 + 14 * row, line[:60])
    day = f"{timezone.localtime(at):%d.%m.%Y}"
    pdf.text(400, 140, f"Datum: {day}")
    pdf.text(400, 154, f"Ansprechpartner: {by}")
    pdf.text(60, 246, f"Angebot {number}: {lead.need}"[:80], size=12, bold=True)
    pdf.text(60, 270, "Guten Tag,")
    pdf.text(60, 286, "vielen Dank für Ihre Anfrage. Gern bieten wir Ihnen an:")
    pdf.box(60, 306, 475, 20)
    pdf.text(66, 320, "Pos.", bold=True)
    pdf.text(100, 320, "Leistung", bold=True)
    pdf.text(528, 320, "Betrag", bold=True, right=True)
    gross = lead.value or Decimal(20_000)
    percent = VALUE_ADDED_TAX[lead.country]
    net = round(gross / (1 + percent / 100), 2)
    y, rest = 346, net
    positions = POSITIONS[lead.marketplace.slug]
    for place, (label, share) in enumerate(positions, start=1):
        amount = rest if place == len(positions) else round(net * share / 100, 2)
        rest -= amount
        pdf.text(66, y, str(place))
        pdf.text(100, y, label)
        pdf.text(528, y, f"{german(amount, decimal_places=2)} €", right=True)
        y += 22
    pdf.line(60, y - 8, 535, y - 8)
    tax_label = f"Umsatzsteuer {german(percent)} %"
    for label, amount in (
        ("Netto", net), (tax_label, gross - net), ("Gesamtbetrag", gross),
    ):  # fmt: skip
        is_last = label == "Gesamtbetrag"
        pdf.text(330, y + 10, label, bold=is_last)
        text = f"{german(amount, decimal_places=2)} €"
        pdf.text(528, y + 10, text, bold=is_last, right=True)
        y += 18
    until = f"{timezone.localtime(at) + timedelta(days=28):%d.%m.%Y}"
    pdf.text(60, y + 40, f"An dieses Angebot halten wir uns bis {until} gebunden.")
    pdf.text(60, y + 72, "Mit freundlichen Grüßen")
    pdf.text(60, y + 104, str(by))
    pdf.new_page()
    pdf.text(60, 60, "Zahlungsplan und Hinweise", size=14, bold=True)
    for row, line in enumerate(
        [
            f"30 % bei Auftrag: {euro(round(gross * 30 / 100, 0))}",
            f"60 % bei Lieferung: {euro(round(gross * 60 / 100, 0))}",
            "Rest nach Inbetriebnahme.",
            "Lieferzeit vier bis sechs Wochen nach Auftrag.",
            "Bauseits: freier Zugang, Baustrom, Wasseranschluss.",
        ]
    ):
        pdf.text(60, 92 + 18 * row, f"• {line}")
    return pdf.to_bytes()


def reply_as_email(lead, *, at, by, chance):
    """Return the prospect's answer to an offer, with what it quotes and an attachment."""
    sent = timezone.localtime(at - timedelta(days=1))
    sender = lead.contact_person or lead.name
    message = EmailMessage()
    message["From"] = f'"{sender}" <{lead.email or "kunde@beispiel.de"}>'
    message["To"] = f"{by} <{by.email}>"
    message["Subject"] = f"AW: Angebot {lead.need}"
    message["Date"] = format_datetime(timezone.localtime(at))
    message["Message-ID"] = make_msgid(str(chance.randrange(10**9)), "beispiel.de")
    replies = REPLIES_OF_COMPANIES if lead.company else REPLIES
    message.set_content(
        f"Guten Tag {by},\n\n{chance.choice(replies)}\n\nFreundliche Grüße\n{sender}\n"
        f"{lead.street}, {lead.postcode} {lead.city}\n\n"
        f"Am {sent:%d.%m.%Y} um {sent:%H:%M} schrieb {by}:\n"
        f"> Guten Tag,\n>\n> wie besprochen erhalten Sie unser Angebot als PDF.\n"
        f"> Für Fragen bin ich gern da.\n>\n> Mit freundlichen Grüßen\n> {by}\n"
    )
    if lead.company:
        minutes = Pdf("Protokoll")
        minutes.text(60, 60, f"Protokoll · {lead.company}"[:70], size=14, bold=True)
        minutes.text(60, 90, f"{sent:%d.%m.%Y}: {lead.need}. Zustimmung, Festpreis erbeten.")
        message.add_attachment(
            minutes.to_bytes(), maintype="application", subtype="pdf", filename="Protokoll.pdf"
        )
    else:
        message.add_attachment(
            _name_plate(chance), maintype="image", subtype="jpeg", filename="Typenschild.jpg"
        )
    return message.as_bytes()


def _name_plate(chance):
    image = Image.new("RGB", (320, 200), chance.choice(["#c9ccce", "#b9bdb4", "#d6cfbf"]))
    draw = ImageDraw.Draw(image)
    draw.rectangle((8, 8, 312, 192), outline="#333", width=3)
    for row, line in enumerate(
        [
            "HEIZKESSEL",
            f"Typ HK {chance.randint(15, 40)}",
            f"Nr. {chance.randint(10**5, 10**6)}",
        ]
    ):
        draw.text((28, 30 + 44 * row), line, fill="#222", font=ImageFont.load_default(24))
    result = io.BytesIO()
    image.save(result, "JPEG", quality=70)
    return result.getvalue()


def load_profile_as_csv(*, chance, year):
    """Return a year's consumption by month, as Excel would save it."""
    lines = ["Monat;Verbrauch (kWh);Spitze (kW)"]
    for month in MONTHS:
        used = german(chance.randrange(40_000, 64_000) / Decimal(10), decimal_places=1)
        lines.append(f"{month} {year};{used};{chance.randint(24, 41)}")
    return "\r\n".join([*lines, ""]).encode("utf-8-sig")
