"""The world `company`: one chain, whose doors, tills, web shop and street air belong together."""
