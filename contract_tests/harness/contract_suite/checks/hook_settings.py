"""The environment variables that configure `schemathesis_hooks`, in a module that does not import schemathesis."""

KEY = "EVOLINK_CONTRACT_KEY"
RECORD = "EVOLINK_CONTRACT_RECORD"
