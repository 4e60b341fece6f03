"""Lists that a person has put together and named, to have them again with one click."""

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from leads.fields import OWN_PREFIX
from leads.search_terms import Terms, words_of
from marketplaces.models import User

from .errors import LeadError, Unchangeable
from .questions import Question
from .search_document import SearchDocument
from .sight import Sight

MOST_OF_ONE = 30
LONGEST_QUERY = 2000
# The statuses of leads whose contact may be found.
WORKED = ("in_progress", "won", "lost")
# What a list shows of its views.
SHOWN = ["id", "name", "query", "is_start"]


class NameTaken(LeadError):
    """The person has a view of this name already."""

    message = _("You already have a view with this name.")


class TooManyViews(LeadError):
    """The person has as many views as one may have."""

    message = _("You already have %(most)d views. Please delete one first.")

    def __init__(self):
        super().__init__(most=MOST_OF_ONE)


class TooManyFilters(LeadError):
    """The filters of the list are longer than a view can keep."""

    message = _("This list has too many filters to be saved.")


class SavedViewQuerySet(models.QuerySet):
    """Views. Nobody sees those of others."""

    def visible_to(self, user):
        """The views of `user`."""
        return self.filter(user=user)

    def in_order(self):
        """Views as the person put them."""
        return self.order_by("position", "id")

    def with_id(self, pk):
        """Return the view with this id, or None."""
        return self.filter(pk=pk).first()

    def called(self, name):
        """Return the one of somebody's views that has this name, in whatever case, or None."""
        # Compared here as well: SQLite knows the lower case of ASCII's letters only.
        views = self.annotate(lower=Lower("name"), asked=Lower(models.Value(name)))
        same = (v for v in views if v.lower == v.asked or v.name.lower() == name.lower())
        return next(same, None)

    @transaction.atomic
    def keep(self, user, *, name, list_name, query, said=None, is_start=False, replaces=False):
        """Save a list of `user` under `name`; return the view.

        `query` is LeadList.query, `said` LeadList.said. One of the same name is only
        replaced if `replaces` says so: NameTaken; saved again as it is, it stays as it is.
        Raises TooManyViews and TooManyFilters.
        """
        if len(query) > LONGEST_QUERY:
            raise TooManyFilters
        own = self.held_of(user.pk)
        view = own.called(name)
        if view is None:
            positions = list(own.values_list("position", flat=True))
            if len(positions) >= MOST_OF_ONE:
                raise TooManyViews
            view = self.model(user=user, position=max(positions, default=0) + 1)
        elif not replaces:
            if view.list_name != list_name or view.query not in {query, said}:
                raise NameTaken
            name, query, is_start = view.name, view.query, is_start or view.is_start
        view.name, view.list_name, view.query = name, list_name, query
        view._set_start(is_start=is_start)
        view.save()
        return view

    @transaction.atomic
    def bring_back(self, user, *, name, position, is_start, **kept):
        """Save a view of `user` as it was; the arguments are its `described`.

        Raises what `keep` does. Another start view that was chosen since stays it.
        """
        others = self.held_of(user.pk).exclude(name=name)
        is_start = is_start and not others.filter(is_start=True).exists()
        view = self.keep(user, name=name, is_start=is_start, **kept)
        view.place(position)

    def forget_person(self, contact):
        """Take somebody who is erased out of the views of all people.

        `contact` is leads.search_documents.contact_of the person. A view that searches for
        them goes; of a name, the words do that are theirs. What still finds a lead that
        the view's owner sees is about that one, too, and stays.
        """
        theirs = set(contact.split())
        # Whoever erases meanwhile holds the same people in the same order.
        for view in self.select_related("user").order_by("user", "pk"):
            if any(view.is_about(contact, text) for text in view.texts):
                view.delete()
                continue
            words = [w for w in view.name.split() if not theirs.isdisjoint(words_of(w))]
            if told := {word for word in words if view.is_about(contact, word)}:
                view.leave_out(told)

    def follow_marketplace(self, before, slug):
        """Let the views of all people that choose the marketplace `before` choose `slug`."""
        for view in self.filter(query__contains=f"marktplatz={before}"):
            asked = QueryDict(view.query, mutable=True)
            if asked.get("marktplatz") != before:
                continue
            asked["marktplatz"] = slug
            query = asked.urlencode()
            # One that its person changes meanwhile, or that would be too long, stays.
            if len(query) <= LONGEST_QUERY:
                self.filter(pk=view.pk, query=view.query).update(query=query)

    def held_of(self, user_id):
        """Return somebody's views, which nobody else changes in this transaction."""
        User.people.hold(user_id)
        return self.visible_to(user_id)


class SavedView(models.Model):
    """A named list: its filters, search and order as an address says them."""

    class List(models.TextChoices):
        """Which list."""

        IN_PROGRESS = "in_progress", _("Leads in progress")
        CLOSED = "closed", _("Closed leads")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views",
        verbose_name=_("person"),
    )  # fmt: skip
    list_name = models.CharField(_("list"), max_length=12, choices=List)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filters"), max_length=LONGEST_QUERY)
    position = models.PositiveSmallIntegerField(_("position"))
    is_start = models.BooleanField(_("start view"), default=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                "user",
                Lower("name"),
                name="saved_view_name_unique",
                violation_error_message=_("You already have a view with this name."),
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(is_start=True),
                name="saved_view_one_start",
                violation_error_message=_("Only one view can be the start view."),
            ),
            models.CheckConstraint(
                condition=Q(is_start=False) | Q(list_name="in_progress"),
                name="saved_view_start_in_progress",
                violation_error_message=_("Only leads in progress have a start view."),
            ),
        ]

    def __str__(self):
        return self.name

    @classmethod
    def shown_to(cls, user, list_name):
        """Return the views of one list as its chips show them, by one compiled query."""

        def build(given):
            views = cls.objects.visible_to(given["owner"]).filter(list_name=list_name)
            return views.in_order().values_list(*SHOWN)

        rows = Question(("views", list_name), build, {"owner": user.pk}).rows()
        return [cls.from_db(connection.alias, SHOWN, row) for row in rows]

    @property
    def described(self):
        """All that somebody has made of it, as `bring_back` takes it."""
        own = type(self).objects.visible_to(self.user_id).filter(list_name=self.list_name)
        return {
            "name": self.name,
            "list_name": self.list_name,
            "query": self.query,
            "is_start": self.is_start,
            "position": list(own.in_order()).index(self) + 1,
        }

    @property
    def texts(self):
        """What it searches for, and what its filters by own fields say in letters."""
        asked = QueryDict(self.query)
        own = (texts for name, texts in asked.lists() if name.startswith(OWN_PREFIX))
        said = (text for texts in own for text in texts if any(map(str.isalpha, text)))
        return [asked.get("q", ""), *said]

    def is_about(self, contact, text):
        """Whether `text` says something of a contact, and of no lead that its owner sees."""
        terms = Terms.read(text)
        return terms.touch(contact) and not SearchDocument.objects.ids_matching(
            terms, statuses=WORKED, slices=Sight.of(self.user).slices, limit=1
        )

    @transaction.atomic
    def leave_out(self, words):
        """Take `words` out of its name, which is another one of its person's then."""
        own = type(self).objects.held_of(self.user_id)
        # Its person may have renamed or deleted it since.
        view, others = own.with_id(self.pk), own.exclude(pk=self.pk)
        if view is None:
            return
        left = " ".join(word for word in view.name.split() if word not in words) or _("View")
        names = (f"{left} {number}".strip() for number in ("", *range(2, MOST_OF_ONE + 2)))
        view.name = next(name for name in names if not others.called(name))
        view.save(update_fields=["name"])

    @transaction.atomic
    def change(self, *, name, is_start):
        """Rename the view and let it be the start view or not.

        Raises NameTaken, and Unchangeable where it was deleted meanwhile.
        """
        own = self._held()
        if own.exclude(pk=self.pk).called(name):
            raise NameTaken
        self.name = name
        self._set_start(is_start=is_start)
        self.save(update_fields=["name", "is_start"])

    @transaction.atomic
    def discard(self):
        """Delete the view; return its `described`. Raises Unchangeable, see `change`."""
        self._held()
        described = self.described
        self.delete()
        return described

    @transaction.atomic
    def place(self, position):
        """Put the view at `position` among those of its list; the others make room."""
        own = type(self).objects.held_of(self.user_id)
        views = list(own.filter(list_name=self.list_name).in_order())
        if self not in views:
            return
        views.remove(self)
        views.insert(min(max(position, 1), len(views) + 1) - 1, self)
        for number, view in enumerate(views, start=1):
            view.position = number
        type(self).objects.bulk_update(views, ["position"])

    def _set_start(self, *, is_start):
        self.is_start = is_start and self.list_name == self.List.IN_PROGRESS
        if self.is_start:
            others = type(self).objects.visible_to(self.user_id).exclude(pk=self.pk)
            others.filter(is_start=True).update(is_start=False)

    def _held(self):
        """Return the views of its person, this one read again, held until the end."""
        own = type(self).objects.held_of(self.user_id)
        try:
            self.refresh_from_db(fields=["name", "query", "position", "is_start"])
        except type(self).DoesNotExist:
            raise Unchangeable from None
        return own
