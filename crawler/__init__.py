"""Who publishes where: rosters, portals, discovery, fetching and the evidence of what was and wasn't there."""
