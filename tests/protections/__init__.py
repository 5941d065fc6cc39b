"""Each claim of SECURITY.md names a test, and each test notices when its protection is gone."""
