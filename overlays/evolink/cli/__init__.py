"""The command line of EvoLink's video API; needs the extra `cli`. Its options are read from the packaged contract."""
