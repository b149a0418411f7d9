#!/bin/sh
# Runs once, when PostgreSQL's volume is empty. Nothing of the application is a superuser:
#   tachograph           owns the schema; only migrations log in as it
#   tachograph_web       reads and writes; web requests end after 20 s, before gunicorn's 30 s
#   tachograph_worker    reads and writes; tasks may take 30 s
#   tachograph_exporter  reads statistics
# The timeouts are the roles', because pgBouncer refuses start-up options.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set database="$POSTGRES_DB" <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv web_password WEB_PASSWORD
\getenv worker_password WORKER_PASSWORD
\getenv exporter_password EXPORTER_PASSWORD

CREATE ROLE tachograph LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE tachograph_web LOGIN NOSUPERUSER PASSWORD :'web_password';
CREATE ROLE tachograph_worker LOGIN NOSUPERUSER PASSWORD :'worker_password';
CREATE ROLE tachograph_exporter LOGIN NOSUPERUSER PASSWORD :'exporter_password';
ALTER ROLE tachograph_web SET statement_timeout = '20s';
ALTER ROLE tachograph_worker SET statement_timeout = '30s';

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO tachograph, tachograph_web, tachograph_worker;
GRANT CONNECT ON DATABASE :"database" TO tachograph_exporter;
GRANT CREATE ON DATABASE :"database" TO tachograph;

ALTER SCHEMA public OWNER TO tachograph;
GRANT USAGE ON SCHEMA public TO tachograph_web, tachograph_worker;
ALTER DEFAULT PRIVILEGES FOR ROLE tachograph IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tachograph_web, tachograph_worker;
ALTER DEFAULT PRIVILEGES FOR ROLE tachograph IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO tachograph_web, tachograph_worker;

-- Connection counts and long-running queries of others are visible only with these.
GRANT pg_read_all_stats TO tachograph_web, tachograph_worker;
GRANT pg_monitor TO tachograph_exporter;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
SQL
