"""The mock's HTTP side: the ASGI application, request handling, preferences, the admin API and outgoing fetches."""
