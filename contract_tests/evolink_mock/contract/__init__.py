"""The documented contract at run time: validation, error bodies and the rules that a request breaks."""
