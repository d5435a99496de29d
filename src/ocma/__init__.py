"""OCMA: an open-source social media management backend."""

__version__ = "0.1.0"
