"""The commands ``cookie-sessions revoke`` and ``cookie-sessions revocations``."""
