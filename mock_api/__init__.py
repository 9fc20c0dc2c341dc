"""The providers, simulated: one module or package a provider, one clock, one seed.

Every answer is a pure function of seed, clock and request. There is no database and no state, so what was served at
any earlier moment can be computed again.
"""
