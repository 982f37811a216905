"""The integration tests against every supported version of AG2, each in its own environment: ``make compat``.

Standard library only: it has to run before any environment exists.
"""
