"""URLs of PostgreSQL as providers show them: read as they come, or refused by the name of what cannot be done."""

import pytest
from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql import asyncpg

from gateway.settings import DatabaseSettings
from gateway.settings.database_url import libpq, normal

HOSTS = {"host": ["h1", "h2"], "port": [5432, 5433]}
LOGIN = {"user": "u", "password": "p", "database": "db"}
HOSTED = [
    (
        "postgresql://postgres.abcdef:p@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",  # Supabase
        {"user": "postgres.abcdef", "host": "aws-0-eu-central-1.pooler.supabase.com", "port": 6543},
    ),
    (
        "postgresql://u:p@ep-x-pooler.eu-2.aws.neon.tech/db?sslmode=require&channel_binding=require",  # Neon
        {"host": "ep-x-pooler.eu-2.aws.neon.tech", "ssl": "verify-full"},
    ),
    ("postgres://u:p@ep-x.neon.tech/db?options=endpoint%3Dep-x&sslmode=require", {"options": "endpoint=ep-x"}),
    ("postgres://u:p@ec2-1.compute-1.amazonaws.com:5432/d1", {"port": 5432, "database": "d1"}),  # Heroku
    ("postgresql://u:p@x.rds.amazonaws.com:5432/db?sslmode=verify-full", {"ssl": "verify-full"}),  # RDS
    ("postgresql://u%40server:p@server.postgres.database.azure.com:5432/db?sslmode=require", {"user": "u@server"}),
    ("postgresql://u@server:p@server.postgres.database.azure.com/db", {"user": "u@server"}),  # Azure
    ("postgres://u:p@p.x.db.postgresbridge.com:5432/postgres?sslmode=require", {"database": "postgres"}),  # Crunchy
    ("postgres://avnadmin:p@x.aivencloud.com:12691/defaultdb?sslmode=require", {"port": 12691}),  # Aiven
    ("postgresql+psycopg://u:p@h/db?sslmode=disable", {"ssl": "disable"}),
    ("postgis://u:p@h/db?ssl=true", {"ssl": "require"}),
    ("postgresql://u:p@h/db?application_name=map&connect_timeout=3", {"application_name": "map"}),
    ("postgresql://u:p@h1:5432,h2:5433/db?target_session_attrs=read-write", HOSTS),
    ("postgresql://u:p@h1,h2:5433/db", HOSTS),
    ("postgresql://u:p@/db?host=h1,h2&port=5432,5433", HOSTS),
    ("postgresql://u:p@/db?host=h1:5432&host=h2:5433", HOSTS),
    ("postgresql://u:p@h1,h2/db?port=6432", {"host": ["h1", "h2"], "port": [6432, 6432]}),
    ("postgresql://u:p@[2001:db8::1]:5433,h2/db", {"host": ["2001:db8::1", "h2"], "port": [5433, 5432]}),
    ("postgresql://u:p@%2Frun%2Fpostgresql/db", {"host": "/run/postgresql", "port": 5432}),
    ("postgresql:///db?host=/run/postgresql&user=u&password=p", {"host": "/run/postgresql"}),
    ("postgresql://h/db?user=u&password=p%26q", {"password": "p&q"}),
    ("postgresql://u:p%40s%2Fs@h/db", {"password": "p@s/s"}),
    ("postgresql://u:p@s/s#@h/db", {"password": "p@s/s#"}),
]


@pytest.mark.parametrize(("url", "expected"), HOSTED)
def test_a_url_works_as_it_comes(url, expected):
    read = DatabaseSettings(url=url).url
    _, arguments = asyncpg.dialect().create_connect_args(make_url(read))
    wanted = (LOGIN if "u:p@" in url or "user=u" in url else {}) | expected
    assert {name: arguments.get(name) for name in wanted} == wanted
    assert normal(read) == read


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://h/db?pgbouncer=true", "GATEWAY_DATABASE_POOLER=pgbouncer"),
        ("postgresql://h/db?schema=gis", "options=-csearch_path%3DNAME"),
        ("postgresql://h/db?gssencmode=require", "gssencmode=require"),
        ("postgresql://h/db?hostaddr=10.0.0.1", "hostaddr"),
        ("postgresql://h/db?keepalives_idle=30", "keepalives_idle"),
        ("postgresql://h/db?sslmode=always", "sslmode=always"),
        ("postgresql://h/db?sslmode=verify-ca&sslrootcert=/no/such.pem", "sslrootcert=/no/such.pem"),
        ("postgresql://h1,h2,h3/db?port=1,2", "one for each host"),
        ("postgresql://u:p@h:12x/db", "%40"),
        ("postgresql://u:secret?x@h/db", "percent-encode"),
        ("mysql://h/db", "postgresql://"),
        ("jdbc:postgresql://h/db", "postgresql://"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name_and_without_the_password(url, named):
    with pytest.raises(ValidationError) as raised:
        DatabaseSettings(url=url)
    assert named in str(raised.value)
    assert "secret" not in str(raised.value)


def test_psql_is_given_the_same_servers_and_no_password():
    url = make_url(normal("postgres://u:p@h1,h2:5433/db?sslmode=require&target_session_attrs=primary"))
    query = {"host": "h1,h2", "port": "5432,5433", "sslmode": "require", "target_session_attrs": "primary"}
    shown = make_url(libpq(url).render_as_string(hide_password=False))
    assert (shown.drivername, shown.username, shown.password, dict(shown.query)) == ("postgresql", "u", None, query)
