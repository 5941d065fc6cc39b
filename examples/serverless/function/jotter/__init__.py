"""A jotter: short notes that travel with their visitor, in an application made to be a function.

Each note is kept in the session and nowhere else, so a few of them make it grow to a second cookie.
"""
