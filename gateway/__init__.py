"""The gateway: Django's project and the small framework under the GraphQL surface."""
