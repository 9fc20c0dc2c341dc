"""Notifications: alerts by mail and chat, and the digest. Reads what was published, and the alerts in the warehouse."""
