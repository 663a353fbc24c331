"""Floor 5. What answers at each path of gateway/urls.py: HTTP in, HTTP out."""
