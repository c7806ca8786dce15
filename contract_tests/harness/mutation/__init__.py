"""Mock servers that each break one rule, to prove that the contract suite notices."""
