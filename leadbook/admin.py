"""What the packages register in the admin and our operators have no use for."""

from django.contrib import admin
from django_tasks_db.models import DBTaskResult

# Their errors are in the log; a task is done again by itself, or given up.
admin.site.unregister(DBTaskResult)
