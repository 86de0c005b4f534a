"""The web pages: what stands on them (contents), how they look (pages, templates)."""
