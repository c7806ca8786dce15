"""Judge a server, the SDK and the contract by every documented rule, and report the verdicts."""
