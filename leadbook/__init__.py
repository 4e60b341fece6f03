"""The project: everything that is neither a marketplace nor a lead."""

__version__ = "1.0.0"
