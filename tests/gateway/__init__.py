"""The guard before adapters of functions, and the adapters themselves."""
