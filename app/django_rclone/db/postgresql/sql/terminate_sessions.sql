-- Ends the other sessions of this database, as far as this role may. Names are qualified: the script also runs within
-- pg_restore's, where the search path is empty.
SELECT pg_catalog.pg_terminate_backend(a.pid)
  FROM pg_catalog.pg_stat_activity AS a JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) a.usesysid
 WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
   AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
   AND a.backend_type OPERATOR(pg_catalog.=) 'client backend'
   AND (pg_catalog.pg_has_role(a.usesysid, 'USAGE')
        OR (pg_catalog.pg_has_role('pg_signal_backend', 'USAGE') AND NOT r.rolsuper));
