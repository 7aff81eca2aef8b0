"""An export on a few pages: as a page for a browser and as a PDF, both from one pass over its events."""
