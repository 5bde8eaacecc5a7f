-- Removes everything that a dump of this database carries, as far as this role may drop it and make it again.
-- Expects a transaction, and JSON arrays of what the dump names: extensions in the variable "wanted", and "schemas".
\ir postgresql_objects.sql

-- Extensions of our own that came after the backup. To a superuser everything is his own: only what bears his name.
SELECT $unwanted$
  SELECT extname FROM pg_extension e, pg_roles AS me
   WHERE e.oid >= 16384 AND NOT :'wanted'::jsonb ? extname AND me.rolname = current_user
     AND (extowner = me.oid OR (pg_has_role(extowner, 'USAGE') AND NOT me.rolsuper))
$unwanted$ AS unwanted \gset

-- What is not ours must come through our CASCADEs unharmed: also a view of somebody else's on a table of ours.
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
             WHERE extname NOT IN (SELECT extname FROM (:unwanted) AS u)
$staying$ AS staying \gset
SELECT coalesce(json_agg(thing), '[]') AS before FROM (:staying) AS s \gset

-- What is in no schema. Event triggers first, so that they do not watch the rest.
SELECT format('DROP EVENT TRIGGER %I', evtname) FROM pg_event_trigger WHERE pg_has_role(evtowner, 'USAGE') \gexec
SELECT format('DROP PUBLICATION %I', pubname) FROM pg_publication
 WHERE pg_has_role(pubowner, 'USAGE')
   AND (NOT puballtables OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)) \gexec
SELECT format('DROP SERVER %I CASCADE', srvname) FROM pg_foreign_server
 WHERE pg_has_role(srvowner, 'USAGE') AND has_foreign_data_wrapper_privilege(srvfdw, 'USAGE') \gexec
SELECT count(lo_unlink(oid)) FROM pg_largeobject_metadata WHERE pg_has_role(lomowner, 'USAGE');
-- What is in a schema. Whatever an earlier CASCADE took along is gone by its turn.
SELECT format('DROP %s IF EXISTS %s CASCADE',
              CASE type WHEN 'composite type' THEN 'TYPE' WHEN 'statistics object' THEN 'STATISTICS' ELSE upper(type) END,
              identity)
  FROM (:objects) AS o, pg_identify_object(classid, objid, 0) WHERE NOT stays \gexec
SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM (:unwanted) AS u \gexec
SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace n
 WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') AND pg_has_role(nspowner, 'USAGE')
   AND n.oid NOT IN (:extension_schemas)
   AND nspname NOT IN (SELECT schema FROM (:objects) AS o WHERE stays) \gexec
-- Rows that a dump carries of an extension's own tables, PostGIS's spatial_ref_sys for instance. In one statement, as
-- they may refer to each other; and now that no table of ours refers to them.
SELECT 'WITH ' || string_agg(format('table_%s AS (DELETE FROM %s %s)', c.oid, c.oid::regclass, e.condition), ', ')
       || ' SELECT' AS command
  FROM pg_extension, unnest(extconfig, extcondition) AS e(tab, condition) JOIN pg_class c ON c.oid = e.tab
 WHERE relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'DELETE')
HAVING count(*) > 0 \gexec

-- Default privileges that our roles have set: back to what is built in.
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

-- Schemas of ours that stay, for what is in them: as new ones.
SELECT DISTINCT format('REVOKE ALL ON SCHEMA %I FROM %s', nspname,
                       CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
  FROM pg_namespace, aclexplode(nspacl)
 WHERE (nspname = 'public' OR :'schemas'::jsonb ? nspname) AND pg_has_role(nspowner, 'USAGE') AND grantee <> nspowner \gexec
SELECT format('COMMENT ON SCHEMA %I IS NULL', nspname) FROM pg_namespace
 WHERE :'schemas'::jsonb ? nspname AND pg_has_role(nspowner, 'USAGE') \gexec
-- public, where it is ours (by default from 15 on): as a new database has it.
SELECT count(*) > 0 AS public_is_ours FROM pg_namespace WHERE nspname = 'public' AND pg_has_role(nspowner, 'USAGE') \gset
\if :public_is_ours
GRANT USAGE ON SCHEMA public TO PUBLIC;
COMMENT ON SCHEMA public IS 'standard public schema';
\endif

SELECT set_config('django_rclone.lost', coalesce(string_agg(thing, ', '), ''), true)
  FROM (SELECT json_array_elements_text(:'before') AS thing EXCEPT SELECT thing FROM (:staying) AS s) AS lost;
DO $$
BEGIN
  IF current_setting('django_rclone.lost') <> '' THEN
    RAISE EXCEPTION USING ERRCODE = 'DR002', MESSAGE = current_setting('django_rclone.lost');
  END IF;
END $$;
