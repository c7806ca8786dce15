"""Building blocks of a run: exchanges, the judged server, results, and walks through schemas."""
