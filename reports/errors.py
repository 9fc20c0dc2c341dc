"""What can foreseeably go wrong with the site."""


class SiteError(Exception):
    """A foreseeable trouble: one line that ends with what to do next."""
