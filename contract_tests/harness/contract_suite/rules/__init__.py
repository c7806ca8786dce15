"""The documented rules: their kinds, the reader of `contract_tests/documented/`, and the operations of the API."""
