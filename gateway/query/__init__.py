"""The terms of a read as frozen values, free of GraphQL and SQL: filters, order, page, geometry options.

Enters plain mappings with GraphQL names, as coerced from arguments or a URL; leaves hashable values that `gateway.sql`
turns into statements. Everything a client may get wrong is refused here, with the path of the argument.
"""
