-- Drops everything that a dump of this database includes, as far as this role may drop it and create it again. Runs in
-- a transaction. The variables "extensions" and "schemas" are JSON arrays of the names in the archive. A database may
-- lack PL/pgSQL, so conditions are psql's, and errors are raised by casts that fail.
\ir objects.sql

-- This role's extensions that are newer than the backup. A superuser has the rights of every owner, so for a superuser
-- only those that it owns itself.
SELECT $newer_extensions$
  SELECT extname FROM pg_extension e, pg_roles AS me
   WHERE e.oid >= 16384 AND NOT :'extensions'::jsonb ? extname AND me.rolname = current_user
     AND (extowner = me.oid OR (pg_has_role(extowner, 'USAGE') AND NOT me.rolsuper))
$newer_extensions$ AS newer_extensions \gset

-- Objects of other roles must survive our CASCADEs unchanged, for instance a view of another role on a table of ours.
SELECT $staying$
  SELECT format('%s %I.%s', lower(toc), schema, name)
         || CASE WHEN classid = 'pg_class'::regclass THEN format(' (%s columns, %s constraints, %s triggers)',
              (SELECT count(*) FROM pg_attribute WHERE attrelid = objid AND NOT attisdropped AND attnum > 0),
              (SELECT count(*) FROM pg_constraint WHERE conrelid = objid),
              (SELECT count(*) FROM pg_trigger WHERE tgrelid = objid AND NOT tgisinternal)) ELSE '' END AS thing
    FROM (:objects) AS o WHERE stays
  UNION ALL SELECT format('event trigger %I', evtname) FROM pg_event_trigger WHERE NOT pg_has_role(evtowner, 'USAGE')
  UNION ALL SELECT format('server %I', srvname) FROM pg_foreign_server WHERE NOT pg_has_role(srvowner, 'USAGE')
  UNION ALL SELECT format('extension %I', extname) FROM pg_extension
             WHERE extname NOT IN (SELECT extname FROM (:newer_extensions) AS u)
$staying$ AS staying \gset
SELECT coalesce(json_agg(thing), '[]') AS before FROM (:staying) AS s \gset

-- Objects in no schema, except those of extensions. Event triggers first, so that they do not fire for the rest.
SELECT $members$ SELECT objid FROM pg_depend WHERE deptype = 'e' AND classid = $members$ AS members_of \gset
SELECT format('DROP EVENT TRIGGER %I', evtname) FROM pg_event_trigger
 WHERE pg_has_role(evtowner, 'USAGE') AND oid NOT IN (:members_of 'pg_event_trigger'::regclass) \gexec
SELECT format('DROP PUBLICATION %I', pubname) FROM pg_publication
 WHERE pg_has_role(pubowner, 'USAGE') AND oid NOT IN (:members_of 'pg_publication'::regclass)
   AND (NOT puballtables OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)) \gexec
SELECT format('DROP SERVER %I CASCADE', srvname) FROM pg_foreign_server
 WHERE pg_has_role(srvowner, 'USAGE') AND has_foreign_data_wrapper_privilege(srvfdw, 'USAGE')
   AND oid NOT IN (:members_of 'pg_foreign_server'::regclass) \gexec
SELECT count(lo_unlink(oid)) FROM pg_largeobject_metadata WHERE pg_has_role(lomowner, 'USAGE');
-- Objects in a schema. IF EXISTS: an earlier CASCADE may have dropped them.
SELECT format('DROP %s IF EXISTS %s CASCADE',
              CASE type WHEN 'composite type' THEN 'TYPE' WHEN 'statistics object' THEN 'STATISTICS' ELSE upper(type) END,
              identity)
  FROM (:objects) AS o, pg_identify_object(classid, objid, 0) WHERE NOT stays \gexec
-- Objects that only a superuser creates. PostgreSQL's own have smaller object ids.
SELECT format('DROP FOREIGN DATA WRAPPER %I CASCADE', fdwname) FROM pg_foreign_data_wrapper
 WHERE pg_has_role(fdwowner, 'USAGE') AND oid NOT IN (:members_of 'pg_foreign_data_wrapper'::regclass) \gexec
SELECT format('DROP CAST (%s AS %s) CASCADE', castsource::regtype, casttarget::regtype) FROM pg_cast
 WHERE oid >= 16384 AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
   AND oid NOT IN (:members_of 'pg_cast'::regclass) \gexec
SELECT format('DROP TRANSFORM FOR %s LANGUAGE %I CASCADE', trftype::regtype, lanname)
  FROM pg_transform JOIN pg_language l ON l.oid = trflang
 WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
   AND pg_transform.oid NOT IN (:members_of 'pg_transform'::regclass) \gexec
SELECT format('DROP LANGUAGE %I CASCADE', lanname) FROM pg_language
 WHERE oid >= 16384 AND pg_has_role(lanowner, 'USAGE')
   AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
   AND oid NOT IN (:members_of 'pg_language'::regclass) \gexec
SELECT format('DROP ACCESS METHOD %I CASCADE', amname) FROM pg_am
 WHERE oid >= 16384 AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
   AND oid NOT IN (:members_of 'pg_am'::regclass) \gexec
SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM (:newer_extensions) AS u \gexec
SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace n
 WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') AND pg_has_role(nspowner, 'USAGE')
   AND n.oid NOT IN (:extension_schemas)
   AND nspname NOT IN (SELECT schema FROM (:objects) AS o WHERE stays) \gexec
-- Rows of extensions' tables that a dump includes, PostGIS's spatial_ref_sys for instance. In one statement, because
-- they may refer to each other; and last, when no table of ours refers to them.
SELECT 'WITH ' || string_agg(format('table_%s AS (DELETE FROM %s %s)', c.oid, c.oid::regclass, e.condition), ', ')
       || ' SELECT' AS command
  FROM pg_extension, unnest(extconfig, extcondition) AS e(tab, condition) JOIN pg_class c ON c.oid = e.tab
 WHERE relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'DELETE')
HAVING count(*) > 0 \gexec

-- Default privileges that our roles have set are reset to PostgreSQL's.
WITH own AS (
  SELECT rolname, defaclnamespace, nspname, defaclacl, defaclobjtype,
         CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
                            WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' WHEN 'L' THEN 'LARGE OBJECTS' END AS what
    FROM pg_default_acl JOIN pg_roles r ON r.oid = defaclrole LEFT JOIN pg_namespace n ON n.oid = defaclnamespace
   WHERE pg_has_role(defaclrole, 'USAGE'))
SELECT command FROM (
  SELECT 1 AS step, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I %s REVOKE ALL ON %s FROM %s', rolname,
           CASE WHEN defaclnamespace <> 0 THEN format('IN SCHEMA %I', nspname) ELSE '' END, what,
           CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END) AS command
    FROM own, aclexplode(defaclacl)
  UNION
  SELECT 2, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT ALL ON %s TO %I', rolname, what, rolname)
    FROM own WHERE defaclnamespace = 0
  UNION
  SELECT 3, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT %s TO PUBLIC', rolname,
                   CASE defaclobjtype WHEN 'f' THEN 'EXECUTE ON FUNCTIONS' ELSE 'USAGE ON TYPES' END)
    FROM own WHERE defaclnamespace = 0 AND defaclobjtype IN ('f', 'T')
) AS commands ORDER BY step \gexec

-- Our schemas that stay get the privileges that they were created with, because an archive has only the differences
-- from those.
SELECT $kept$
  SELECT nspname, nspowner, nspacl, initprivs FROM pg_namespace n LEFT JOIN pg_init_privs i
         ON i.objoid = n.oid AND i.classoid = 'pg_namespace'::regclass AND i.objsubid = 0
   WHERE (nspname = 'public' OR :'schemas'::jsonb ? nspname) AND pg_has_role(nspowner, 'USAGE')
$kept$ AS kept \gset
SELECT DISTINCT format('REVOKE ALL ON SCHEMA %I FROM %s', nspname,
                       CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
  FROM (:kept) AS k, aclexplode(nspacl) WHERE grantee <> nspowner \gexec
SELECT format('GRANT %s ON SCHEMA %I TO %s%s', privilege_type, nspname,
              CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
              CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM (:kept) AS k, aclexplode(initprivs)
 WHERE grantee <> nspowner AND (grantee = 0 OR grantee IN (SELECT oid FROM pg_roles)) \gexec
SELECT 'GRANT USAGE ON SCHEMA public TO PUBLIC' FROM (:kept) AS k
 WHERE nspname = 'public' AND initprivs IS NULL \gexec
SELECT format('COMMENT ON SCHEMA %I IS %s', nspname,
              CASE WHEN nspname = 'public' THEN quote_literal('standard public schema') ELSE 'NULL' END)
  FROM (:kept) AS k \gexec

SELECT count(*) > 0 AS lost, 'DR002: ' || string_agg(thing, ', ') AS message
  FROM (SELECT json_array_elements_text(:'before') AS thing EXCEPT SELECT thing FROM (:staying) AS s) AS lost \gset
\if :lost
SELECT :'message'::int;
\endif
