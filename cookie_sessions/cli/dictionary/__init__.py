"""The commands of dictionaries."""
