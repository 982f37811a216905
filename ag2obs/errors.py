"""The errors ag2obs raises, in one leaf module so that nothing imports in a circle.

Ag2obsError
├── SettingsError        a setting has a value that is not allowed
├── LogFormatError       a file is not a log that can be read
├── AdapterUnavailable   a framework is missing or too old to be observed
├── ExtraMissing         an optional dependency is not installed
└── BudgetExceeded       a budget that was told to stop refuses a call
"""

from __future__ import annotations


class Ag2obsError(Exception):
    """Base of every error of this package; its text is one sentence that says what to do."""


class SettingsError(Ag2obsError):
    """A setting has a value that is not allowed; the text names the variable, the value and what is allowed."""


class LogFormatError(Ag2obsError):
    """A file is missing, empty or not a log that can be read."""


class AdapterUnavailable(Ag2obsError):
    """A framework is not installed, or its version cannot be observed."""


class ExtraMissing(Ag2obsError):
    """An optional dependency is not installed; the text holds the pip command."""


class BudgetExceeded(Ag2obsError):
    """A budget with ``on_exceed="stop"`` refuses the next call; never raised after a call was paid for."""
