"""Prepared operations: a selection becomes statements and readers of their rows, once; nothing is awaited.

`selection` (AST -> Selection) -> `planning` (Selection -> Plan) -> `compile` (Plan and shapes of its terms ->
statements and readers). Whatever can't be planned goes through resolvers and loaders instead, with equal answers.
"""
