-- Revokes the rights that grant_temporarily.sql has granted.
BEGIN;
SELECT format('REVOKE %s ON %s %I.%I FROM %I', rights, kind, schema, name, role)
  FROM json_to_recordset(:'temporary_grants') AS temporary(kind text, schema text, name text, rights text, role text) \gexec
SELECT format('COMMENT ON %s %I.%I IS %L', kind, schema, name, nullif(regexp_replace(
              obj_description(format('%I.%I', schema, name)::regclass, 'pg_class'),
              '(?:^|\n)django-rclone has lent .*', ''), ''))
  FROM json_to_recordset(:'temporary_grants') AS temporary(kind text, schema text, name text, rights text, role text) \gexec
COMMIT;
