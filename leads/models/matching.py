"""Keeping what a lead is recognised by in step with it, in the transaction of each verb."""

from leads.match_keys import columns_of

from .match_key import MatchKey


class Matching:
    """What the other verbs call; mixed into Lead."""

    def save_match_keys(self):
        """Write the keys of this locked lead anew."""
        self.forget_match_keys()
        self.add_match_keys()

    def add_match_keys(self):
        """Write the keys of a lead that has none yet."""
        rows = columns_of(self)
        MatchKey.objects.bulk_create(MatchKey(**row) for row in rows)

    def forget_match_keys(self):
        """Let the lead be recognised by nothing any more."""
        MatchKey.objects.filter(lead=self).delete()
