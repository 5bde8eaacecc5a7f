-- Makes a session independent of the defaults of the role, the database and the server.
SET statement_timeout = 0;
SET client_min_messages = error;
SET search_path = pg_catalog;
SELECT set_config(name, '0', false) FROM pg_settings
 WHERE name IN ('lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout',
                'idle_session_timeout') \g /dev/null
SET default_transaction_read_only = off;
SET quote_all_identifiers = off;
SET array_nulls = on;
SET transform_null_equals = off;
SET extra_float_digits = 1;
SET bytea_output = hex;
SET standard_conforming_strings = on;
