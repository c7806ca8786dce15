"""The environment variables that `schemathesis_hooks` is told by; apart from it, as it loads schemathesis."""

KEY = "EVOLINK_CONTRACT_KEY"
RECORD = "EVOLINK_CONTRACT_RECORD"
