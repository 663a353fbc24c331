-- What docker-compose.yml has a new database run once, as its superuser: a role for the gateway that owns its database
-- and no more. The password comes from the environment.
\getenv password GATEWAY_DATABASE_PASSWORD
CREATE ROLE gateway LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
SELECT current_database() AS database \gset
ALTER DATABASE :"database" OWNER TO gateway;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
-- These need a superuser; migrations need them there.
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pgstattuple;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
-- Lets `check` see the sessions of others, and measure dead space in indexes.
GRANT pg_read_all_stats, pg_stat_scan_tables TO gateway;
-- From here on the superuser has no password: it is reached from inside the container alone.
ALTER ROLE CURRENT_USER PASSWORD NULL;
