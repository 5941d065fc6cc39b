"""What outsiders asked of other libraries, and no other test shows: see docs/questions.md."""
