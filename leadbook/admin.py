"""What the packages register in the admin and our operators have no use for."""

from django.contrib import admin
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tasks_db.models import DBTaskResult

# Their errors are in the log; a task is done again by itself, or given up.
admin.site.unregister(DBTaskResult)
# Their pages show the secrets, and would let one person set up the phone of another.
admin.site.unregister([StaticDevice, TOTPDevice])
