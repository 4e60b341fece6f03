"""People: only superusers manage them; operators choose them as members."""

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from marketplaces.forms import AccountForm, TableFormSet
from marketplaces.models import Membership, User

from .scope import ScopedAdmin, SuperuserOnly, operates, remember_found

# What somebody may do is said by memberships; groups would be a second answer.
admin.site.unregister(Group)


class NewUserForm(UserCreationForm):
    """A new account. It always signs in with a password: there is no other way."""

    usable_password = None


class NewPasswordForm(AdminPasswordChangeForm):
    """Another password for somebody."""

    usable_password = None


class RolesInline(SuperuserOnly, TabularInline):
    """Where the person works, and as what."""

    model = Membership
    formset = TableFormSet
    fields = ["marketplace", "role"]
    autocomplete_fields = ["marketplace"]
    extra = 0
    show_title = False


@admin.register(User)
class UserAdmin(SuperuserOnly, ScopedAdmin, DjangoUserAdmin):
    """Accounts; who has a history is deactivated, not deleted."""

    form = AccountForm
    add_form = NewUserForm
    change_password_form = NewPasswordForm
    list_display = ["username", "full_name", "email", "is_active", "is_staff", "is_superuser"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["username"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": [("first_name", "last_name"), "email"]}),
        (
            _("Rights"),
            {
                "fields": [("is_active", "is_staff", "is_superuser")],
                "description": _(
                    "What somebody may do follows from the roles below. An operator also "
                    "needs the status of staff to reach this administration."
                ),
            },
        ),
        (_("Times"), {"fields": [("last_login", "date_joined")]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "password1", "password2"]}),
        (_("Person"), {"fields": [("first_name", "last_name"), "email"]}),
    ]
    inlines = [RolesInline]
    change_form_before_template = "admin/marketplaces/user/leads.html"

    @display(description=_("Name"), ordering="last_name")
    def full_name(self, person):
        """Return first and last name."""
        return person.get_full_name()

    def get_queryset(self, request):
        """Everybody for superusers; the pages are closed to others."""
        return self.model.objects.order_by("username")

    def has_choose_permission(self, request):
        """Whether somebody may look for people to make them members."""
        return operates(request)

    def get_object(self, request, object_id, from_field=None):
        """Refuse before looking, so that nobody learns which accounts there are."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().get_object(request, object_id, from_field)

    def get_search_results(self, request, queryset, search_term):
        """Let operators find only those whom they may make members."""
        if request.user.is_superuser:
            return super().get_search_results(request, queryset, search_term)
        remember_found(request, User.people.active().called(search_term.strip()))
        return User.people.findable_by(request.user, search_term), False

    def response_change(self, request, obj):
        """Stay where it is said that the person owns leads without working on them."""
        response = super().response_change(request, obj)
        is_popup = IS_POPUP_VAR in request.POST
        if not is_popup and obj.open_leads.stranded().exists():
            return HttpResponseRedirect(request.path)
        return response

    def get_deleted_objects(self, objs, request):
        """Say in one sentence what stands in the way, however much it is."""
        if any(person.has_history for person in objs):
            return [], {}, set(), [gettext("Work on leads or in this administration")]
        if any(User.people.is_last_superuser(person.pk) for person in objs):
            return [], {}, set(), [gettext("The rights of the last superuser")]
        return super().get_deleted_objects(objs, request)
