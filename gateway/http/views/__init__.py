"""What answers at each path of gateway/http/urls.py: HTTP in, HTTP out."""
