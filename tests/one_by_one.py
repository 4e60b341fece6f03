"""Fetching one by one what one query could have brought along: a mistake in a request."""

from django.db.models.fetch_modes import FetchMode

from leadbook import provenance

# Django's own page of what a deletion takes along names each member of a marketplace.
ALLOWED = {("Membership", "user")}


class NotOneByOne(FetchMode):
    """Refuses, inside a request, to fetch for one of several rows what is missing to each.

    Stronger than counting queries that look alike: the first such fetch is refused, in
    whichever view, template or verb it stands, and two rows are enough. Of one row alone
    what is missing is fetched as always.
    """

    track_peers = True

    def fetch(self, fetcher, instance):
        """Fetch it, or fail."""
        peers = [peer for reference in instance._state.peers if (peer := reference())]
        is_request = bool(provenance.current().request_id)
        what = type(instance).__name__, fetcher.field.name
        assert not (is_request and len(peers) > 1) or what in ALLOWED, (
            f"{'.'.join(what)} is fetched one by one"
        )
        fetcher.fetch_one(instance)
