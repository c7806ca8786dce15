"""The command `evolink`. Needs the extra `cli`. Its options are generated from the packaged contract."""

INTERRUPTED = 130
"""The exit code of an interrupted command."""
