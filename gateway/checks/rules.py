"""Floor 3. Every rule by its stable id; enters nothing, leaves the constants that the checks speak with.

An id is never used again for another meaning. 0xx settings and declarations, 1xx deployment, 2xx server and session,
3xx tables and constraints, 4xx indexes, 5xx rows, 6xx upkeep and plans.
"""

from collections.abc import Mapping

from gateway.checks.messages import Rule

PAGE_DEFAULT = Rule("gateway.E001", "The default page is larger than the largest page.")
POOLER_WITHOUT_URL = Rule("gateway.E002", "A pooler is set, but no database URL: the private PostGIS has no pooler.")
BAD_SIZE = Rule("gateway.E003", "A memory setting is not a size that PostgreSQL reads.")
DATA_DIR = Rule("gateway.E004", "The data directory that the private PostGIS needs cannot be written.")
NO_HOSTS = Rule("gateway.E005", "No host name is allowed, so every request is refused.")
NATURAL_KEY = Rule("gateway.E006", "The natural key of a layer is not a unique column of its model.")
PRIVATE_COLUMN = Rule("gateway.E007", "A private column of a layer is not a column of its model.")
RELATION_TARGET = Rule("gateway.E008", "A relation of a layer leads to a layer that is not served.")
NO_START = Rule("gateway.E009", "The server does not start with the settings of who may do what.")
STATEMENT_OUTLIVES = Rule("gateway.W001", "A statement may run longer than its request.")
POOL_OUTLIVES = Rule("gateway.W002", "A request may wait for a connection longer than its own deadline.")
SHORT_SECRET = Rule("gateway.W003", "The secret key is short enough to be guessed.")
BAD_ORIGIN = Rule("gateway.W004", "A CORS origin can never match what a browser sends.")
UNKNOWN_SILENCED = Rule("gateway.W005", "A silenced check does not exist.")
UNUSABLE_KEY = Rule("gateway.W006", "A key set holds a key that no token can be checked with.")

NOT_PRODUCTION = Rule("gateway.W101", "The environment is not production.")
NO_SECRET = Rule("gateway.W102", "No secret key is set, so each host signs cursors with a key of its own.")
INTROSPECTION = Rule("gateway.W103", "Introspection queries are answered.")
GRAPHIQL = Rule("gateway.W104", "The GraphiQL explorer is served.")
SUGGESTIONS = Rule("gateway.W105", "Validation errors suggest names of the schema.")
CORS_ANY = Rule("gateway.W106", "Browsers may call from any origin.")
HOSTS_ANY = Rule("gateway.W107", "Any Host header is served.")
TIMEOUT_OFF = Rule("gateway.W108", "A timeout of the database session is switched off.")
PRE_PING_OFF = Rule("gateway.W109", "Broken connections are not noticed when they leave the pool.")
LOG_FORMAT = Rule("gateway.W110", "Logs are written for people, not for machines.")
LOG_DEBUG = Rule("gateway.W111", "Logs hold debug messages.")
PRIVATE_DATABASE = Rule("gateway.W112", "Production runs on the private PostGIS.")
NO_TLS = Rule("gateway.W113", "The connection to a remote database is not required to be encrypted.")
EXPLAIN = Rule("gateway.W114", "SQL and plans are shown to whoever asks.")
POOLER_ROLE = Rule("gateway.I101", "Behind a pooler the session settings must be set on the role.")

UNREACHABLE = Rule("gateway.E201", "The database cannot be used.")
POSTGRESQL_TOO_OLD = Rule("gateway.E202", "PostgreSQL is older than the gateway can use.")
POSTGIS_MISSING = Rule("gateway.E203", "The database has no PostGIS extension.")
POSTGIS_TOO_OLD = Rule("gateway.E204", "PostGIS is older than the gateway can use.")
MIGRATIONS_PENDING = Rule("gateway.E205", "The database is not at the newest migration.")
MIGRATIONS_UNKNOWN = Rule("gateway.E206", "The database is at a migration that this version does not know.")
CHECK_FAILED = Rule("gateway.E207", "A check of the database could not be completed.")
POSTGRESQL_FLOOR = Rule("gateway.W201", "PostgreSQL lacks fixes of known vulnerabilities.")
POSTGIS_FLOOR = Rule("gateway.W202", "PostGIS lacks fixes of known crashes.")
GEOS_FLOOR = Rule("gateway.W203", "GEOS lacks fixes of known crashes.")
POSTGIS_UPGRADE = Rule("gateway.W204", "The PostGIS extension and its library differ in version.")
CONNECTIONS = Rule("gateway.W205", "The pools may ask for more connections than the server grants.")
IDLE_IN_TRANSACTION = Rule("gateway.W206", "A session sits idle in an open transaction.")
AUTOVACUUM_OFF = Rule("gateway.W207", "Autovacuum is off.")
SESSION_SETTING = Rule("gateway.W208", "A session setting is not in effect.")
STATEMENTS_MISSING = Rule("gateway.I201", "pg_stat_statements is not available.")
ACTIVITY_HIDDEN = Rule("gateway.I202", "The role cannot see the sessions of other roles.")

TABLE_MISSING = Rule("gateway.E301", "The table of a layer does not exist.")
COLUMN_MISSING = Rule("gateway.E302", "A column of a layer does not exist.")
COLUMN_TYPE = Rule("gateway.E303", "A geometry column has another type or SRID than its model.")
CONSTRAINT_MISSING = Rule("gateway.E304", "A CHECK constraint of a layer does not exist.")
NOT_KEPT = Rule("gateway.E305", "Changes of a layer are not kept.")
CONSTRAINT_NOT_VALIDATED = Rule("gateway.W301", "A CHECK constraint was never validated against the old rows.")
STORAGE_OPTION = Rule("gateway.W302", "A storage parameter of a layer's table is not set.")
NOT_TOLD = Rule("gateway.W303", "Changes of a layer are not told, so its tiles are not kept.")

GEOMETRY_INDEX = Rule("gateway.E401", "A geometry column has no GiST index.")
GEOGRAPHY_INDEX = Rule("gateway.E402", "A geometry column has no GiST index on its geography.")
KEY_INDEX = Rule("gateway.E403", "The natural key of a layer is not unique in the database.")
INDEX_MISSING = Rule("gateway.W401", "An index that the model declares does not exist.")
INDEX_INVALID = Rule("gateway.W402", "An index is invalid: it costs writes and serves no query.")
INDEX_DUPLICATE = Rule("gateway.W403", "Two indexes are the same.")

ROWS_INVALID = Rule("gateway.E501", "Rows hold invalid geometries.")
ROWS_BREAK_CONSTRAINT = Rule("gateway.E502", "Rows break a CHECK constraint that is missing or not validated.")
SRID_MIX = Rule("gateway.E503", "Rows have another SRID than geometry_columns says.")

SEQUENTIAL_SCAN = Rule("gateway.E601", "ST_DWithin reads the whole table instead of an index.")
NEVER_ANALYSED = Rule("gateway.W601", "The planner has no statistics of a table.")
STATISTICS_STALE = Rule("gateway.W602", "The planner's statistics of a table are stale.")
DEAD_ROWS = Rule("gateway.W603", "A table holds many dead rows.")
DEAD_SPACE = Rule("gateway.W604", "A GiST index is mostly empty space.")
SLOW_PROBE = Rule("gateway.W605", "ST_DWithin over a short distance is slow.")
KEYS_EXPIRED = Rule("gateway.W606", "Many idempotency keys have expired and are still kept.")
NO_MONTH = Rule("gateway.W607", "A history has no partition for the coming month.")
PROBED = Rule("gateway.I601", "How long ST_DWithin took, and which index it used.")
TOO_SMALL = Rule("gateway.I602", "A table is too small to judge the plan of ST_DWithin.")
PGSTATTUPLE_MISSING = Rule("gateway.I603", "pgstattuple is not available, so dead space in indexes is not measured.")
INDEX_TOO_LARGE = Rule("gateway.I604", "An index is too large to measure its dead space here.")

RULES: Mapping[str, Rule] = {rule.id: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}
