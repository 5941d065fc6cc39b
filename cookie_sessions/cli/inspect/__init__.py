"""What is in a cookie: its envelope without keys; with keys and a reason its claims and keys."""
