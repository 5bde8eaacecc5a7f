-- The beginning of every restore: one transaction, which ends with the COMMIT at the end of pg_restore's script.
-- pg_restore's header sets messages and timeouts again: the settings here apply only while objects are dropped, which
-- takes the locks. Nothing here needs a language: a database may lack PL/pgSQL.
SET lock_timeout = '10s';
-- A client whose process or machine died must not keep its locks for hours.
SET tcp_keepalives_idle = 60;
SET tcp_keepalives_interval = 10;
SET tcp_keepalives_count = 6;
-- Servers on some platforms reject this setting.
\set ON_ERROR_STOP off
SELECT set_config(name, '5s', false) FROM pg_settings WHERE name = 'client_connection_check_interval' \g /dev/null
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE;
-- "dj" and "rclo" in ASCII; the lock belongs to this database and ends with the transaction.
SELECT NOT pg_try_advisory_xact_lock(25706, 1919118447) AS locked \gset
\if :locked
SELECT 'DR001: another restore of this database is running'::int;
\endif
-- A superuser would run functions from the schemas of the search path, so no session may add any until COMMIT.
SELECT rolsuper AS superuser FROM pg_roles WHERE rolname = current_user \gset
\if :superuser
LOCK TABLE pg_proc, pg_operator, pg_cast IN SHARE ROW EXCLUSIVE MODE;
\endif
