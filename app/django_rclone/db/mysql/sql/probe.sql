-- Prints the facts that a dump and a restore need about the default schema, one JSON document per line. Changes
-- nothing, and runs on MySQL since 8.0 and MariaDB since 10.6. Objects without rights for the role are not visible: see
-- grants.py.
SELECT JSON_OBJECT('version', VERSION(), 'name', DATABASE(), 'user', CURRENT_USER(), 'charset', @@character_set_database,
                   'collation', @@collation_database, 'log_bin', @@log_bin + 0,
                   'trusts_creators', @@log_bin_trust_function_creators + 0, 'read_only', @@read_only + 0,
                   'max_packet', @@max_allowed_packet, 'clock', DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%f+00:00'));
SELECT JSON_OBJECT('schema', schema_name, 'objects', COUNT(table_name))
  FROM information_schema.schemata LEFT JOIN information_schema.tables ON table_schema = schema_name
 GROUP BY schema_name;
SELECT JSON_OBJECT('table', table_name, 'type', table_type, 'engine', engine, 'rows', table_rows, 'bytes', data_length,
                   'format', row_format)
  FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type <> 'VIEW';
-- Tables that a dump writes in hexadecimal.
SELECT JSON_OBJECT('binary', table_name) FROM information_schema.columns
 WHERE table_schema = DATABASE() AND (data_type LIKE '%blob' OR data_type LIKE '%binary' OR data_type IN ('geometry', 'bit'))
 GROUP BY table_name;
-- Columns that a dump may not hold exactly, or that make its rows long: see inexact_values.py.
SELECT JSON_OBJECT('column', c.column_name, 'in', c.table_name, 'data_type', c.data_type,
                   'charset', c.character_set_name, 'bytes', t.data_length)
  FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE c.table_schema = DATABASE() AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
   AND COALESCE(c.generation_expression, '') = ''
   AND ((c.data_type = 'float' AND c.numeric_scale IS NULL) OR c.data_type LIKE '%text' OR c.data_type LIKE '%blob'
        OR c.data_type IN ('json', 'geometry', 'geomcollection', 'geometrycollection', 'linestring', 'multilinestring',
                           'polygon', 'multipolygon', 'multipoint')
        OR (c.data_type LIKE '%char' AND c.character_set_name NOT IN ('utf8mb4', 'utf8mb3', 'utf8', 'latin1')));
-- Tables whose longest row is too long for InnoDB if it stores as much as possible within the row.
SELECT JSON_OBJECT('wide', c.table_name)
  FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE c.table_schema = DATABASE() AND t.engine = 'InnoDB'
 GROUP BY c.table_name
HAVING 23 + SUM(CASE WHEN c.extra LIKE '%VIRTUAL%' THEN 0 WHEN c.character_octet_length IS NULL THEN 8
                     WHEN c.data_type IN ('enum', 'set', 'char', 'binary') THEN LEAST(c.character_octet_length, 768)
                     WHEN c.character_octet_length <= 255 THEN c.character_octet_length + 1
                     WHEN t.row_format IN ('Compact', 'Redundant') THEN LEAST(c.character_octet_length, 788) + 2
                     ELSE 42 END) > 8126;
SELECT JSON_OBJECT('non_ascii_columns', MIN(column_name), 'count', COUNT(*)) FROM information_schema.columns
 WHERE table_schema = DATABASE() AND HEX(column_name) REGEXP '^(..)*[89A-F].' HAVING COUNT(*) > 0;
SELECT JSON_OBJECT('keyless', table_name)
  FROM information_schema.tables t
 WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND NOT EXISTS (
       SELECT 1 FROM information_schema.table_constraints c WHERE c.table_schema = t.table_schema
          AND c.table_name = t.table_name AND c.constraint_type = 'PRIMARY KEY');
SELECT JSON_OBJECT('by_transaction', table_name)
  FROM information_schema.columns WHERE table_schema = DATABASE() AND data_type = 'bigint'
   AND generation_expression = 'ROW START';
SELECT JSON_OBJECT('view', table_name, 'definer', definer, 'definition', view_definition)
  FROM information_schema.views WHERE table_schema = DATABASE();
SELECT JSON_OBJECT('trigger', trigger_name, 'on', event_object_table, 'definer', definer)
  FROM information_schema.triggers WHERE trigger_schema = DATABASE();
SELECT JSON_OBJECT('routine', routine_name, 'type', routine_type, 'definer', definer,
                   'hidden', routine_definition IS NULL)
  FROM information_schema.routines WHERE routine_schema = DATABASE();
SELECT JSON_OBJECT('event', event_name, 'definer', definer) FROM information_schema.events
 WHERE event_schema = DATABASE();
SELECT JSON_OBJECT('referrer', table_name, 'of_schema', table_schema, 'refers_to', referenced_table_name)
  FROM information_schema.key_column_usage
 WHERE referenced_table_schema = DATABASE() AND table_schema <> DATABASE()
 GROUP BY table_schema, table_name, referenced_table_name;
SELECT JSON_OBJECT('session', id, 'account', user, 'host', host, 'command', command, 'seconds', time)
  FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID();
