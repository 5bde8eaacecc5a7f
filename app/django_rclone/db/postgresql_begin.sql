-- The beginning of every restore: one transaction, which ends with the COMMIT at the end of pg_restore's script.
-- pg_restore's own header sets the messages, the search path and the timeouts anew: what is set here guards the
-- emptying only, which is what takes the locks.
SET client_min_messages = error;
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET lock_timeout = '10s';
SET search_path = pg_catalog;
-- A client that died, or whose machine did, must not leave its locks behind for hours.
SET tcp_keepalives_idle = 60;
SET tcp_keepalives_interval = 10;
SET tcp_keepalives_count = 6;
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 140000 THEN
    PERFORM set_config('client_connection_check_interval', '5s', false);
  END IF;
EXCEPTION WHEN invalid_parameter_value THEN NULL;  -- the server's platform cannot do it
END $$;
BEGIN READ WRITE;
DO $$
BEGIN
  -- "dj" and "rclo" in ASCII; the lock belongs to this database and ends with the transaction.
  IF NOT pg_try_advisory_xact_lock(25706, 1919118447) THEN
    RAISE EXCEPTION USING ERRCODE = 'DR001', MESSAGE = 'another restore of this database is running';
  END IF;
END $$;
