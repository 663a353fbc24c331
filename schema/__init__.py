"""Floor 5. The GraphQL surface."""
