"""Coverage: constraints without a rule, and how much of the contract a run has met."""
