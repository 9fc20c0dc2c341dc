"""The orders provider: an online shop near real time, its customers, its products and their prices."""
