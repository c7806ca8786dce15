"""The documented rules, read from `contract_tests/documented/` and checked for their form."""
