"""The contract at run time: operations, request validation, error responses, and the rules that a request violates."""
