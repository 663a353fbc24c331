"""What speaks HTTP: the routes, the middleware before them and the views behind them."""
