"""Fetching one by one what one query could have brought along: a mistake in a request."""

from django.db.models.fetch_modes import FetchMode

from leadbook import provenance


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
        assert not (is_request and len(peers) > 1), (
            f"{type(instance).__name__}.{fetcher.field.name} is fetched one by one"
        )
        fetcher.fetch_one(instance)
