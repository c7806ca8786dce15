"""Building blocks: exchanges, the target server, results, walks through schemas, and decisions of a contract."""
