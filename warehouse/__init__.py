"""What all other packages use: the warehouse's paths, connections, settings, ledger and back-ups. Imports no other package."""
