"""modelgen: from a typed Python model package to a service that people review, commit and trust."""

__version__ = "0.1.0"
