"""Search: what a text is found by, and what a typed text finds, as functions of the database, and their indexes.

docs/adr/0032-search-is-an-index-of-misspellings.md says why. Names are qualified: an index is also made anew by
pg_restore, which looks in no schema.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "3f7a52c9d8e1"
down_revision: str | Sequence[str] | None = "4c7e19b2d6f3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Of a table with so many rows, indexes would keep writes waiting: manage.py migrate makes them after the transaction.
_FEW = 20_000
_INDEXED = {"parcels": ("address", "parcel_id", "owner_name"), "zoning_districts": ("name", "zone_code", "code")}

# Words without case, accents and punctuation, with one space between them. A dot and an apostrophe join what they part
# (L.L.C., O'Brien); - and / stay beside a digit, as -, for keys. Han and kana have no spaces: each character is a word.
_FOLDED = r"""
    CREATE FUNCTION {schema}.gateway_folded(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 500 AS $$
    DECLARE folded text := left(value, 1000);
    BEGIN
        IF folded ~ '[^\x01-\x7f]' THEN
            folded := normalize(lower(folded {collation}), NFKD);
            folded := regexp_replace(folded, '[\u0300-\u036f\u3099\u309a]', '', 'g');
            folded := translate(folded, 'øłđħıðþ', 'oldhidt');
            folded := replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');
            folded := regexp_replace(folded, '([\u3040-\u30ff\u3400-\u9fff])', ' \1 ', 'g');
            folded := regexp_replace(folded, '[\u2010-\u2015]', '-', 'g');
            folded := regexp_replace(folded, '[\u2018\u2019]', '', 'g');
            folded := regexp_replace(folded, '[\u0080-\u00bf\u2000-\u206f\u3000-\u303f\uff00-\uff0f]+', ' ', 'g');
        END IF;
        folded := lower(folded COLLATE "C");
        folded := translate(replace(folded, '&', ' and '), '/.''`', '-');
        folded := regexp_replace(folded, '[^a-z0-9\u0080-\U0010ffff-]+', ' ', 'g');
        folded := regexp_replace(folded, '(?<![0-9])-(?![0-9])', ' ', 'g');
        RETURN trim(regexp_replace(regexp_replace(folded, '-+', '-', 'g'), '[ -]*( |^|$)[ -]*', ' ', 'g'));
    END $$
"""
# What an abbreviation may stand for.
_MEANT = """
    CREATE FUNCTION {schema}.gateway_meant(word text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT '{{
            "n": "north", "s": "south", "e": "east", "w": "west", "no": "north number", "so": "south",
            "ne": "northeast", "nw": "northwest", "se": "southeast", "sw": "southwest",
            "al": "alley", "aly": "alley", "av": "avenue", "ave": "avenue", "blvd": "boulevard", "br": "bridge",
            "bch": "beach", "cir": "circle", "cr": "circle crescent", "cres": "crescent", "ct": "court",
            "ctr": "center", "cv": "cove", "dr": "drive doctor", "expy": "expressway", "ext": "extension",
            "fwy": "freeway", "gdn": "garden", "gdns": "gardens", "gr": "grove", "grv": "grove", "hbr": "harbor",
            "hl": "hill", "hts": "heights", "hwy": "highway", "jct": "junction", "lk": "lake", "ln": "lane",
            "mt": "mount", "mtn": "mountain", "pk": "park", "pkwy": "parkway", "pky": "parkway", "pl": "place",
            "plz": "plaza", "pt": "point", "rd": "road", "rdg": "ridge", "rte": "route", "rt": "route", "sq": "square",
            "st": "street saint", "sta": "station", "str": "street", "ter": "terrace", "terr": "terrace",
            "tr": "trail trust trustee", "trl": "trail", "tpke": "turnpike", "vlg": "village", "wy": "way",
            "apt": "apartment", "bldg": "building", "fl": "floor", "rm": "room", "ste": "suite",
            "assn": "association", "assoc": "associates association", "bros": "brothers", "co": "company county",
            "corp": "corporation", "cty": "county", "dept": "department", "dist": "district", "inc": "incorporated",
            "intl": "international", "llp": "partnership", "lp": "partnership", "ltd": "limited", "mgmt": "management",
            "prop": "property", "props": "properties", "sch": "school", "tru": "trust", "trs": "trustees",
            "univ": "university",
            "1st": "first", "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth", "6th": "sixth",
            "7th": "seventh", "8th": "eighth", "9th": "ninth", "10th": "tenth"
        }}'::jsonb ->> word
    $$
"""
# What a word is found by although a letter of it is missing, too many, another one or in another place: the word and
# what is left of it without one of its first seven letters. Two words that are one error apart have one of these in
# common. ~ tells them from words.
_NEAR = """
    CREATE FUNCTION {schema}.gateway_near(word text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN length(word) < 3 OR word ~ '[0-9]' THEN '' ELSE
            '~' || left(word, 7) || ' ~' || substr(word, 2, 6) || ' ~' || left(word, 1) || substr(word, 3, 5)
            || ' ~' || left(word, 2) || substr(word, 4, 4) || ' ~' || left(word, 3) || substr(word, 5, 3)
            || ' ~' || left(word, 4) || substr(word, 6, 2) || ' ~' || left(word, 5) || substr(word, 7, 1)
            || ' ~' || left(word, 6) END
    $$
"""
# All that a value is found by. A word with - in it counts as a whole and in parts.
_SEARCH = """
    CREATE FUNCTION {schema}.gateway_search(value text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
    DECLARE made text := ''; every text := ''; word text;
    BEGIN
        FOREACH word IN ARRAY string_to_array({schema}.gateway_folded(value), ' ') LOOP
            IF word ~ '-' THEN
                made := concat(made, ' ', left(replace(word, '-', ''), 50), ' ', replace(word, '-', ' '));
            ELSE
                made := concat(made, ' ', word, ' ', {schema}.gateway_meant(word));
            END IF;
        END LOOP;
        FOREACH word IN ARRAY string_to_array(made, ' ') LOOP
            word := left(word, 50);
            every := concat(every, ' ', word, ' ', {schema}.gateway_near(word));
        END LOOP;
        RETURN array_to_tsvector(array_remove(string_to_array(every, ' '), ''));
    END $$
"""
# What a typed text asks for: all of its words as they are; the last one begun; each misspelt, too; all but one of
# them; and of each word what is as good as the word, and what is near it.
_ASKED = """
    CREATE FUNCTION {schema}.gateway_asked(
        typed text, OUT exact tsquery, OUT begun tsquery, OUT near tsquery, OUT fewer tsquery[],
        OUT words tsquery[], OUT nears tsquery[], OUT length integer)
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
    DECLARE
        folded text := {schema}.gateway_folded(typed);
        given text[] := string_to_array(folded, ' ');
        number integer := cardinality(given);
        alone text[] := '{{}}'; rough text[] := '{{}}'; word text; plain text; again text;
    BEGIN
        IF number = 0 THEN
            RETURN;
        END IF;
        length := length(folded);
        FOR place IN 1..number LOOP
            word := left(given[place], 100);
            plain := quote_literal(left(replace(word, '-', ''), 50));
            again := plain;
            IF word ~ '-' THEN
                again := concat(plain, ' | (', replace(quote_literal(word), '-', ''' & '''), ')');
            ELSIF {schema}.gateway_meant(word) IS NOT NULL THEN
                again := concat(plain, ' | ', replace(quote_literal({schema}.gateway_meant(word)), ' ', ''' | '''));
            END IF;
            alone := alone || again;
            IF place = number AND (number = 1 OR {schema}.gateway_meant(word) IS NULL) THEN
                again := concat(again, ' | ', plain, ':*');
            END IF;
            words := words || again::tsquery;
            IF {schema}.gateway_near(word) <> '' AND word !~ '-' THEN
                plain := replace(quote_literal({schema}.gateway_near(left(word, 50))), ' ', ''' | ''');
                nears := nears || plain::tsquery;
                again := concat(again, ' | ', plain);
            ELSE
                nears := nears || '''~'''::tsquery;  -- which nothing is found by
            END IF;
            rough := rough || again;
        END LOOP;
        exact := concat('(', array_to_string(alone, ') & ('), ')')::tsquery;
        begun := concat('(', array_to_string(alone[:number - 1] || words[number]::text, ') & ('), ')')::tsquery;
        near := concat('(', array_to_string(rough, ') & ('), ')')::tsquery;
        fewer := ARRAY(
            SELECT concat('(', array_to_string(rough[:place - 1] || rough[place + 1:], ') & ('), ')')::tsquery
            FROM generate_series(1, number) AS place WHERE number > 1);
    END $$
"""
# From 0 to 1: the mean of how well each word is found, and less where the value says much besides.
_SCORE = """
    CREATE FUNCTION {schema}.gateway_score(value text, words tsquery[], nears tsquery[], typed integer) RETURNS real
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 4000 AS $$
    DECLARE vector tsvector := {schema}.gateway_search(value); total real := 0;
    BEGIN
        FOR place IN 1..cardinality(words) LOOP
            IF vector @@ words[place] THEN
                total := total + 1;
            ELSE
                -- 0.6079 is what ts_rank gives where all is found that is asked for.
                total := total + 0.9 * ts_rank('{{1,1,1,1}}', vector, nears[place]) / 0.6079;
            END IF;
        END LOOP;
        RETURN total / cardinality(words) * (0.8 + 0.2 * least(1.0, typed::real / greatest(length(value), 1)));
    END $$
"""
# Of each word of a value, as spaces part it, whether it is one that was asked for.
_MARKED = """
    CREATE FUNCTION {schema}.gateway_marked(value text, words tsquery[], nears tsquery[]) RETURNS boolean[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE marked boolean[] := '{{}}'; word text; vector tsvector; hit boolean;
    BEGIN
        FOREACH word IN ARRAY string_to_array(value, ' ') LOOP
            vector := {schema}.gateway_search(word);
            hit := false;
            FOR place IN 1..cardinality(words) LOOP
                hit := hit OR vector @@ words[place] OR vector @@ nears[place];
            END LOOP;
            marked := marked || hit;
        END LOOP;
        RETURN marked;
    END $$
"""
_SIGNATURES = (
    "gateway_marked(text, tsquery[], tsquery[])",
    "gateway_score(text, tsquery[], tsquery[], integer)",
    "gateway_asked(text)",
    "gateway_search(text)",
    "gateway_near(text)",
    "gateway_meant(text)",
    "gateway_folded(text)",
)


def upgrade() -> None:
    connection = op.get_bind()
    known = connection.scalar(sa.text("SELECT count(*) FROM pg_collation WHERE collname = 'und-x-icu'"))
    names = {
        "schema": connection.scalar(sa.text("SELECT quote_ident(current_schema())")),
        "collation": 'COLLATE "und-x-icu"' if known else "",
    }
    for function in (_FOLDED, _MEANT, _NEAR, _SEARCH, _ASKED, _SCORE, _MARKED):
        connection.exec_driver_sql(function.format_map(names))
    for table, columns in _INDEXED.items():
        some = sa.select(sa.literal(1)).select_from(sa.table(table)).limit(_FEW).subquery()
        if connection.scalar(sa.select(sa.func.count()).select_from(some)) == _FEW:
            continue
        for column in columns:
            op.create_index(
                f"ix_{table}_search_{column}",
                table,
                [sa.text(f"gateway_search({column})")],
                postgresql_using="gin",
                postgresql_with={"gin_pending_list_limit": 256},
            )


def downgrade() -> None:
    for table, columns in _INDEXED.items():
        for column in columns:
            op.drop_index(f"ix_{table}_search_{column}", table_name=table, if_exists=True)
    for signature in _SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
