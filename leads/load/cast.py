"""Who and what is in every load, whatever its size, so that sizes can be compared."""

# The people that are measured. All passwords are the same; see `seed_load`.
MANY = "vertrieb-viele"
FEW = "vertrieb-wenige"
MANAGER = "leitung-gross"
OPERATOR = "betreiber"
SUPERUSER = "admin"

FEWEST_LEADS = 500
# Open leads of the rep who has few, and how many the other has at least.
OF_FEW = 20
OF_MANY_AT_LEAST = 200
# Of those, at least so many are overdue, due today, without a follow-up; and so many have the
# common name, live in the common town and stand in the second phase of the largest
# marketplace: a full page of each filter and of each common search at every size.
OF_EACH_FILTER = 55
ENTRIES_OF_HEAVY = 5000
FILES_OF_HEAVY = 500
WORKED = 10

# What is found: in three leads, in about two of a hundred (but see above), in none.
RARE = "Quittenbaum"
# These three also have more than all others in the first field for a number.
RARE_NUMBER = 9000
COMMON, COMMON_TOWN = "Huber", "München"
ABSENT = "Zyxwvutsrq"
# By the plain lead alone; the number is searched for in another spelling than it is kept.
EMAIL = "plan.muster@beispiel.de"
PHONE, PHONE_AS_TYPED = "+49 8031 10000170", "08031/1000 0170"
# By the journal of two leads.
IN_JOURNAL = "Blitzschutzgutachten"


def open_leads_of_many(leads):
    """Return how many open leads the rep with many has, in a load of `leads`."""
    return max(leads // 20, OF_MANY_AT_LEAST)


def heavy(leads):
    """Return the id of the lead with thousands of entries and hundreds of files."""
    return leads // 2


def plain(leads):
    """Return the id of a lead as most are: some entries, a file."""
    return leads // 2 + 1


def worked(leads):
    """Return the ids of leads to be moved, edited and written to."""
    return range(leads // 2 + 2, leads // 2 + 2 + WORKED)
