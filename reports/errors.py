"""What can foreseeably go wrong with the site."""

from warehouse.errors import TallyError


class SiteError(TallyError):
    """The site cannot be built or served."""
