-- Grants the rights in the variable "temporary_grants", a JSON array, for one restore. Run by an administrator.
-- The comment, which no dump includes, lets the next command revoke them if the restore is killed. An existing comment
-- is kept.
BEGIN;
SELECT format('GRANT %s ON %s %I.%I TO %I', rights, kind, schema, name, role)
  FROM json_to_recordset(:'temporary_grants') AS temporary(kind text, schema text, name text, rights text, role text) \gexec
SELECT format('COMMENT ON %s %I.%I IS %L', kind, schema, name,
              concat_ws(E'\n', obj_description(format('%I.%I', schema, name)::regclass, 'pg_class'),
                        format('django-rclone has lent %s to %s', rights, role)))
  FROM json_to_recordset(:'temporary_grants') AS temporary(kind text, schema text, name text, rights text, role text) \gexec
COMMIT;
