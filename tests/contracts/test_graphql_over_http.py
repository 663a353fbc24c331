"""The audits of npm graphql-http: the specification of GraphQL over HTTP, as a program."""


def test_all_61_audits_pass(node, serve, served_database):
    with serve(served_database, app="gateway.asgi:application") as server:
        audits = node("audits.js", f"{server.url}/graphql")
    assert len(audits) == 61
    assert [audit for audit in audits if audit["status"] != "ok"] == []
