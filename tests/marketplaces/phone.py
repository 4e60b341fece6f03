"""An app on a phone that makes codes, as a person uses it, and the pages that ask for them."""

import re
from base64 import b32decode

from django_otp.oath import TOTP

from tests.markup import read

CODE, SET_UP, OWN = "/anmelden/code/", "/anmelden/code/einrichten/", "/zweiter-faktor/"


class Phone:
    """Knows the key that a page showed; `clock` is the server's time."""

    def __init__(self, key, clock):
        self._totp = TOTP(b32decode(key.replace(" ", "")))
        self._clock = clock

    def code(self, *, later=0):
        """The code of the step that is `later` than the present one."""
        self._totp.time = self._clock.now + 30 * later
        return f"{self._totp.token():06}"

    def wrong(self):
        """A code that is none of those around."""
        around = {self.code(later=later) for later in range(-3, 4)}
        return next(code for code in map("{:06}".format, range(10)) if code not in around)


def shown_key(response):
    """The key that the page of the setup shows."""
    return read(response).one("textarea", id="key").text


def shown_codes(response):
    """The recovery codes that a page shows."""
    return re.findall(r"<li>(\d{4} \d{4} \d{4})</li>", response.text)


def set_up(client, clock):
    """Set a phone up by the pages; return it and the recovery codes."""
    phone = Phone(shown_key(client.get(SET_UP)), clock)
    response = client.post(SET_UP, {"code": phone.code()})
    assert response.status_code == 200, response.text
    # The code is used up by that.
    clock.now += 60
    return phone, shown_codes(response)
