"""Media files: result videos, and the inspection of the files that requests name."""
