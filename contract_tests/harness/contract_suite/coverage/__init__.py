"""Coverage: constraints that no rule checks, and the parts of the contract that a run has exercised."""
