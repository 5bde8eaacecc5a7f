-- The beginning of every restore: one transaction, which ends with the COMMIT at the end of pg_restore's script.
-- pg_restore's own header sets the messages and the timeouts anew: what is set here guards the emptying only, which is
-- what takes the locks. Nothing here needs a language: a database may be without PL/pgSQL.
SET lock_timeout = '10s';
-- A client that died, or whose machine did, must not leave its locks behind for hours.
SET tcp_keepalives_idle = 60;
SET tcp_keepalives_interval = 10;
SET tcp_keepalives_count = 6;
-- On some platforms the server cannot do it.
\set ON_ERROR_STOP off
SELECT set_config(name, '5s', false) FROM pg_settings WHERE name = 'client_connection_check_interval' \g /dev/null
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE;
-- "dj" and "rclo" in ASCII; the lock belongs to this database and ends with the transaction.
SELECT NOT pg_try_advisory_xact_lock(25706, 1919118447) AS locked \gset
\if :locked
SELECT 'DR001: another restore of this database is running'::int;
\endif
-- A superuser runs what the schemas of the search path hold: until COMMIT nobody may add to it.
SELECT rolsuper AS superuser FROM pg_roles WHERE rolname = current_user \gset
\if :superuser
LOCK TABLE pg_proc, pg_operator, pg_cast IN SHARE ROW EXCLUSIVE MODE;
\endif
