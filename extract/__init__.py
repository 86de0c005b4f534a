"""Documents in, exact figures out. Pure: bytes and hints become records; no network, database, clock or Scrapy."""
