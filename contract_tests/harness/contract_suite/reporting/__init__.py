"""Reports of a run, and the files that are generated from the rules."""
