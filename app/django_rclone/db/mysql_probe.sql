-- Prints what a dump and a restore need to know of the default schema, one JSON document a line. Changes nothing, and
-- runs on MySQL from 8.0 and MariaDB from 10.6 on. What the role has no rights to is not seen: see mysql_grants.py.
SELECT JSON_OBJECT('version', VERSION(), 'name', DATABASE(), 'user', CURRENT_USER(), 'charset', @@character_set_database,
                   'collation', @@collation_database, 'log_bin', @@log_bin + 0,
                   'trusts_creators', @@log_bin_trust_function_creators + 0, 'read_only', @@read_only + 0);
SELECT JSON_OBJECT('schema', schema_name, 'objects', COUNT(table_name))
  FROM information_schema.schemata LEFT JOIN information_schema.tables ON table_schema = schema_name
 GROUP BY schema_name;
SELECT JSON_OBJECT('table', table_name, 'type', table_type, 'engine', engine, 'rows', table_rows, 'bytes', data_length)
  FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type <> 'VIEW';
-- What a dump writes in hexadecimal.
SELECT JSON_OBJECT('binary', table_name) FROM information_schema.columns
 WHERE table_schema = DATABASE() AND (data_type LIKE '%blob' OR data_type LIKE '%binary' OR data_type IN ('geometry', 'bit'))
 GROUP BY table_name;
SELECT JSON_OBJECT('view', table_name, 'definer', definer, 'definition', view_definition)
  FROM information_schema.views WHERE table_schema = DATABASE();
SELECT JSON_OBJECT('trigger', trigger_name, 'on', event_object_table, 'definer', definer)
  FROM information_schema.triggers WHERE trigger_schema = DATABASE();
SELECT JSON_OBJECT('routine', routine_name, 'type', routine_type, 'definer', definer)
  FROM information_schema.routines WHERE routine_schema = DATABASE();
SELECT JSON_OBJECT('event', event_name, 'definer', definer) FROM information_schema.events
 WHERE event_schema = DATABASE();
SELECT JSON_OBJECT('referrer', table_name, 'of_schema', table_schema, 'refers_to', referenced_table_name)
  FROM information_schema.key_column_usage
 WHERE referenced_table_schema = DATABASE() AND table_schema <> DATABASE()
 GROUP BY table_schema, table_name, referenced_table_name;
SELECT JSON_OBJECT('session', id, 'account', user, 'host', host, 'command', command, 'seconds', time)
  FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID();
