"""Functions of a distributed schema say to their node what they said to one server."""

from gateway.sql.on_nodes import Function, OnNodes

SHARDS = {"parcels": 102008, "parcel_history": 102009, "private_members": 102010, "relation_marks": 102011}


def function(name, body, language="plpgsql", *, triggers=True):
    head = f"CREATE OR REPLACE FUNCTION city.{name}()\n RETURNS trigger\n LANGUAGE {language}\nAS $function$"
    return Function(name, language, triggers, body, f"{head}{body}$function$\n")


def made(*functions, shards=SHARDS):
    return list(OnNodes("city", functions, shards).statements())


def after(statements, functions):
    """The functions as they are once the statements ran."""
    by_name = {each.name: each for each in functions}
    for statement in statements:
        name = statement.partition("FUNCTION city.")[2].partition("(")[0]
        body = statement.partition("$function$")[2].rpartition("$function$")[0]
        triggers = by_name[name.removesuffix("_on_node")].triggers
        by_name[name] = function(name, body, statement.partition("LANGUAGE ")[2].split()[0], triggers=triggers)
    return sorted(by_name.values(), key=lambda each: each.name)


KEEP = function(
    "keep_parcel_history",
    "\nDECLARE it int;\nBEGIN\n  INSERT INTO parcel_history (id) SELECT o.id FROM old_rows o, parcels;\nEND ",
)
REMAKE = function("remake", "DELETE FROM parcels WHERE id = 1;", triggers=False)
RELATE = function(
    "relate", "PERFORM remake(1); INSERT INTO relation_marks (relation, place)\n  SELECT 'parcels', place;"
)
HIDDEN = function("hidden", "SELECT name FROM private_members", "sql", triggers=False)
TELL = function("tell", "PERFORM pg_notify('gateway_changes', TG_TABLE_NAME); RETURN NULL;")
ALL = sorted([KEEP, REMAKE, RELATE, HIDDEN, TELL], key=lambda each: each.name)


def test_a_trigger_names_shards():
    (statement,) = made(KEEP)
    assert "INSERT INTO city.parcel_history_102009 (id) SELECT o.id FROM old_rows o, city.parcels_102008;" in statement
    assert "FUNCTION city.keep_parcel_history()" in statement


def test_a_trigger_of_truncate_works_on_the_coordinator_alone():
    """Shards have it only once they were moved."""
    (statement,) = made(KEEP)
    of_table, of_shard = statement.partition("-- of the table")[2].split("-- of the shard")
    assert "INSERT INTO parcel_history (id)" in of_table
    assert of_shard.index("ELSIF TG_OP = 'TRUNCATE'") < of_shard.index("city.parcel_history_102009")


def test_a_trigger_calls_a_copy_of_what_commands_call_too_and_texts_stay():
    copy, trigger = made(REMAKE, RELATE)
    assert "FUNCTION city.remake_on_node()" in copy
    assert "DELETE FROM city.parcels_102008" in copy
    assert "PERFORM city.remake_on_node(1)" in trigger
    assert "SELECT nextval('relation_marks_id_seq'), 'parcels', place" in trigger
    assert "INSERT INTO city.relation_marks_102011 (id, relation, place)" in trigger


def test_nothing_is_notified_where_nobody_listens():
    (statement,) = made(TELL)
    assert "$function$NULL; RETURN NULL;$function$" in statement


def test_what_statements_call_reads_the_shard_where_there_is_one():
    (statement,) = made(HIDDEN)
    assert "LANGUAGE plpgsql" in statement
    assert "to_regclass('city.private_members_102010') IS NULL" in statement
    assert "SELECT name FROM private_members)" in statement
    assert "SELECT name FROM city.private_members_102010)" in statement


def test_a_function_calls_others_by_their_schema():
    asked, other = (function(name, body, triggers=False) for name, body in (("asked", "other(1)"), ("other", "1")))
    (statement,) = made(asked, other)
    assert "city.other(1)" in statement


def test_what_was_made_is_left_alone():
    done = after(made(*ALL), ALL)
    assert len(done) == len(ALL) + 1
    assert made(*done) == []


def test_shards_of_other_numbers_are_named_anew():
    done = after(made(*ALL), ALL)
    kept = [each for each in done if each.name == KEEP.name]
    (statement,) = made(*kept, shards={"parcels": 109998, "parcel_history": 109999})
    assert "city.parcels_109998" in statement
    assert "city.parcel_history_109999" in statement
    assert "1020" not in statement
