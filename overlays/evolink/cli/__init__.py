"""The command line of EvoLink's video API; needs the extra `cli`. Its options are read from the packaged contract."""

INTERRUPTED = 130
"""The exit code of a command that was interrupted, be it before it could begin."""
