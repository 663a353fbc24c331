"""The server's own side of HTTP: connections, heads and unread answers, bounded before any request is made."""
