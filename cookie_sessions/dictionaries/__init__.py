"""Dictionaries of an application's own: sampled, trained, kept on a shelf, and measured."""
