"""The footfall provider: visitors counted at the doors of a chain of stores."""
