"""The project: what is neither a marketplace nor a lead.

Its addresses, errors, health, backups and nightly job stand above both, and know them.
"""

__version__ = "1.0.0"
