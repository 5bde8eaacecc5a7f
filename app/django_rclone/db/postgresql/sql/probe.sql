-- Prints the facts that a dump and a restore need, as JSON documents that together are one object.
-- Runs on servers from 13 on, changes nothing, and takes no lock but on django_migrations.
-- The first statement: a role's own timeout may be too short for the others.
SET statement_timeout = 0;
-- The output is UTF-8. A database with the encoding SQL_ASCII returns its bytes unchanged.
SELECT CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END AS encoding \gset
\encoding :encoding
-- The session defaults of this role: its search path, and the settings that differ from the server's.
SELECT to_json(current_schemas(false)) AS usual_path,
       (SELECT coalesce(json_object_agg(name, setting), '{}') FROM pg_settings
         WHERE source IN ('database', 'user', 'database user', 'client')
           AND name IN ('TimeZone', 'DateStyle', 'IntervalStyle', 'lc_monetary', 'default_text_search_config',
                        'quote_all_identifiers', 'session_replication_role', 'default_transaction_read_only',
                        'xmlbinary')) AS settings \gset
-- Django's own table, wherever this role's search path finds it. Empty when it does not exist or is not readable.
SELECT (SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE c.oid = to_regclass('django_migrations') AND has_table_privilege(c.oid, 'SELECT')) AS migrations \gset
\ir session.sql
SET lock_timeout = '10s';
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
\ir objects.sql

SELECT json_build_object(
  'version', current_setting('server_version'),
  'version_num', current_setting('server_version_num')::int,
  'clock', clock_timestamp(),
  'size', pg_database_size(current_database()),
  'in_recovery', pg_is_in_recovery(),
  'encoding', current_setting('server_encoding'),
  'database', (SELECT to_json(d) FROM (SELECT *, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()) AS d),
  'owns_database', (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()),
  'may_create', has_database_privilege(current_database(), 'CREATE'),
  'role', current_user,
  'superuser', rolsuper,
  'createdb', rolcreatedb,
  'bypasses_row_security', rolsuper OR rolbypassrls,
  'roles', (SELECT json_agg(rolname) FROM pg_roles),
  'own_roles', (SELECT json_agg(rolname) FROM pg_roles AS r WHERE pg_has_role(r.oid, 'USAGE')),
  'superusers', (SELECT json_agg(rolname) FROM pg_roles WHERE rolsuper),
  'databases', (SELECT json_agg(datname) FROM pg_database),
  'database_settings', (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                         WHERE datname = current_database()))
  FROM pg_roles WHERE rolname = current_user;

SELECT json_build_object('tables', coalesce(json_object_agg(format('%s.%s', nspname, c.relname),
    CASE WHEN s.n_live_tup > 0 THEN s.n_live_tup ELSE greatest(reltuples, 0)::bigint END), '{}'))
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
 WHERE relkind = 'r' AND relpersistence <> 't' AND nspname !~ '^pg_' AND nspname <> 'information_schema';

\if :{?migrations}
SELECT json_build_object('migrations', coalesce(json_object_agg(app, name), '{}'))
  FROM (SELECT DISTINCT ON (app) app, name FROM :migrations ORDER BY app, id DESC) AS newest;
\endif

SELECT json_build_object('schemas', json_agg(json_build_object(
    'name', nspname, 'ours', pg_has_role(nspowner, 'USAGE'), 'may_create', has_schema_privilege(n.oid, 'CREATE'),
    'of_extension', n.oid IN (:extension_schemas))))
  FROM pg_namespace n WHERE nspname !~ '^pg_' AND nspname <> 'information_schema';

-- The objects that a restore by this role leaves in place, and those that it takes over from other roles.
SELECT json_build_object('staying', coalesce(json_agg(json_build_array(toc, schema, name)), '[]'))
  FROM (:objects) AS o WHERE stays;
SELECT json_build_object('taken_over', coalesce(json_agg(format('%s.%s', nspname, relname)), '[]'))
  FROM (SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT pg_has_role(relowner, 'USAGE')
           AND pg_has_role(nspowner, 'USAGE') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                              AND d.deptype = 'e')
         ORDER BY 1, 2 LIMIT 20) AS taken_over;

SELECT json_build_object(
  'extensions', (SELECT coalesce(json_object_agg(extname, pg_has_role(extowner, 'USAGE')), '{}') FROM pg_extension),
  'available', (SELECT coalesce(json_object_agg(v.name, v.trusted OR NOT v.superuser), '{}')
                  FROM pg_available_extensions a JOIN pg_available_extension_versions v
                    ON v.name = a.name AND v.version = a.default_version),
  -- Tables and sequences of extensions that a dump includes, the privileges that the role lacks to write them, and comments.
  'configuration', (SELECT coalesce(json_agg(json_build_array(nspname, relname, CASE WHEN relkind = 'S'
                        THEN array(SELECT 'UPDATE' WHERE NOT has_sequence_privilege(c.oid, 'UPDATE'))
                        ELSE array(SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'DELETE']) AS p
                                    WHERE NOT has_table_privilege(c.oid, p)) END,
                        coalesce(obj_description(c.oid, 'pg_class'), ''))), '[]')
                      FROM pg_extension, unnest(extconfig) AS t JOIN pg_class c ON c.oid = t
                      JOIN pg_namespace n ON n.oid = relnamespace),
  'event_triggers', (SELECT coalesce(json_agg(evtname), '[]') FROM pg_event_trigger
                      WHERE NOT pg_has_role(evtowner, 'USAGE')),
  'casts', (SELECT coalesce(json_agg(format('CAST (%s AS %s)', format_type(castsource, NULL), format_type(casttarget, NULL))),
                             '[]') FROM pg_cast WHERE oid >= 16384),
  'servers', (SELECT coalesce(json_agg(srvname), '[]') FROM pg_foreign_server
               WHERE NOT (pg_has_role(srvowner, 'USAGE') AND has_foreign_data_wrapper_privilege(srvfdw, 'USAGE'))),
  'publications', (SELECT coalesce(json_agg(pubname), '[]') FROM pg_publication
                    WHERE NOT pg_has_role(pubowner, 'USAGE') OR (puballtables AND NOT rolsuper)),
  'published', (SELECT coalesce(json_agg(DISTINCT format('%s in publication %s', prrelid::regclass, pubname)), '[]')
                  FROM pg_publication_rel r JOIN pg_publication p ON p.oid = prpubid
                 WHERE NOT pg_has_role(pubowner, 'USAGE')),
  'row_security', (SELECT coalesce(json_agg(c.oid::regclass::text), '[]') FROM pg_class c
                    WHERE relkind IN ('r', 'p') AND relrowsecurity
                      AND (relforcerowsecurity OR NOT pg_has_role(relowner, 'USAGE'))),
  'tablespaces', (SELECT count(*) FROM pg_class WHERE reltablespace <> 0 AND relnamespace <> 'pg_catalog'::regnamespace
                     AND relkind IN ('r', 'i', 'm') AND oid >= 16384),
  'relations', (SELECT count(*) FROM pg_class WHERE oid >= 16384),
  'large_objects', (SELECT count(*) FROM pg_largeobject_metadata),
  'large_object_owners', (SELECT coalesce(json_agg(DISTINCT rolname), '[]') FROM pg_largeobject_metadata
                            JOIN pg_roles o ON o.oid = lomowner WHERE NOT pg_has_role(lomowner, 'USAGE')),
  'lock_limit', current_setting('max_locks_per_transaction')::int
                * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int),
  -- Prepared transactions that hold locks here. They have no session that --terminate-sessions could end.
  'prepared', (SELECT coalesce(json_agg(DISTINCT gid), '[]') FROM pg_prepared_xacts x
                  JOIN pg_locks own ON own.locktype = 'transactionid' AND own.transactionid = x.transaction AND own.granted
                  JOIN pg_locks relation_lock ON relation_lock.virtualtransaction = own.virtualtransaction AND relation_lock.locktype = 'relation'
                                    AND relation_lock.pid IS NULL
                WHERE x.database = current_database()),
  -- The lock that begin.sql takes.
  'restoring', EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                        WHERE datname = current_database() AND locktype = 'advisory'
                          AND (classid, objid, objsubid) = (25706, 1919118447, 2)),
  'sessions', (SELECT coalesce(json_agg(json_build_object(
                   'pid', pid, 'user', usename, 'application', application_name, 'state', state,
                   'age', extract(epoch FROM now() - xact_start)::int,
                   'ours', usename = current_user OR pg_has_role(usesysid, 'USAGE'))), '[]')
                 FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'))
  FROM pg_roles WHERE rolname = current_user;
\ir search_path.sql
\ir dependent_rows.sql
\ir extension_rows.sql
COMMIT;
