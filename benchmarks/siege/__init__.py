"""`make siege`: attacks on a gateway that serves 200,000 parcels, and a polite client beside them."""
