"""The commands `evolink batch`. They need the extra `batch`."""
