-- Sets the psql variable "objects" to a query for all objects in users' schemas that a restore has to handle. One row
-- per object:
--   classid, objid   its address in the catalogues
--   toc              its type as in a pg_dump archive's table of contents
--   schema, name     as that table of contents has them
--   stays            whether this role cannot, or must not, drop it
SELECT $objects$
  WITH RECURSIVE me AS (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
  -- Functions that run at each of our statements: those of event triggers that stay, and the functions that they call.
  trigger_code(oid, source) AS (
    SELECT p.oid, prosrc FROM pg_event_trigger JOIN pg_proc p ON p.oid = evtfoid
     WHERE NOT pg_has_role(evtowner, 'USAGE') AND evtenabled <> 'D'
    UNION
    SELECT p.oid, prosrc FROM trigger_code, pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
     WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
       AND source ~* format('(^|\W)"?%s"?\s*\(', regexp_replace(proname, '(\W)', '\\\1', 'g'))),
  used_by_triggers(oid) AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
       AND EXISTS (SELECT FROM trigger_code WHERE source ~* format('\m(into|from|update|join|only)\s+("?%s"?\s*\.\s*)?"?%s"?(\W|$)',
             regexp_replace(nspname, '(\W)', '\\\1', 'g'), regexp_replace(relname, '(\W)', '\\\1', 'g')))),
  object(classid, objid, namespace, owner, toc, name, recreatable) AS (
    SELECT 'pg_class'::regclass, oid, relnamespace, relowner,
           CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                        WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, relname::text,
           oid NOT IN (SELECT oid FROM used_by_triggers)
             AND NOT EXISTS (SELECT FROM pg_depend d JOIN used_by_triggers w ON w.oid = d.refobjid
                              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'
                                AND d.refclassid = 'pg_class'::regclass)
      FROM pg_class c WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    -- An ordinary role may own, and so drop, a function that only a superuser can create again.
    SELECT 'pg_proc'::regclass, p.oid, pronamespace, proowner,
           CASE prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END,
           format('%s(%s)', proname, (SELECT string_agg(format_type(type, NULL), ', ' ORDER BY position)
                                        FROM unnest(proargtypes) WITH ORDINALITY AS a(type, position))),
           (lanpltrusted OR prokind = 'a' OR pg_has_role(lanowner, 'USAGE'))
             AND NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtfoid = p.oid AND NOT pg_has_role(evtowner, 'USAGE'))
             AND p.oid NOT IN (SELECT oid FROM trigger_code)
      FROM pg_proc p JOIN pg_language l ON l.oid = prolang
    UNION ALL
    -- Arrays, row types of tables and multiranges are created and dropped with their base type.
    SELECT 'pg_type'::regclass, oid, typnamespace, typowner,
           CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, typname::text, typtype <> 'b' OR (SELECT rolsuper FROM me)
      FROM pg_type
      WHERE typtype IN ('d', 'e', 'r') OR (typtype = 'b' AND typelem = 0)
         OR (typtype = 'c' AND EXISTS (SELECT FROM pg_class WHERE oid = typrelid AND relkind = 'c'))
    UNION ALL
    SELECT 'pg_operator'::regclass, oid, oprnamespace, oprowner, 'OPERATOR', oprname::text, true FROM pg_operator
    UNION ALL
    SELECT 'pg_opclass'::regclass, oid, opcnamespace, opcowner, 'OPERATOR CLASS', opcname::text, (SELECT rolsuper FROM me)
      FROM pg_opclass
    UNION ALL
    SELECT 'pg_opfamily'::regclass, oid, opfnamespace, opfowner, 'OPERATOR FAMILY', opfname::text, (SELECT rolsuper FROM me)
      FROM pg_opfamily
    UNION ALL
    SELECT 'pg_collation'::regclass, oid, collnamespace, collowner, 'COLLATION', collname::text, true FROM pg_collation
    UNION ALL
    SELECT 'pg_conversion'::regclass, oid, connamespace, conowner, 'CONVERSION', conname::text, true FROM pg_conversion
    UNION ALL
    SELECT 'pg_ts_config'::regclass, oid, cfgnamespace, cfgowner, 'TEXT SEARCH CONFIGURATION', cfgname::text, true
      FROM pg_ts_config
    UNION ALL
    SELECT 'pg_ts_dict'::regclass, oid, dictnamespace, dictowner, 'TEXT SEARCH DICTIONARY', dictname::text, true
      FROM pg_ts_dict
    UNION ALL
    -- These have no owner: only a superuser creates them.
    SELECT 'pg_ts_parser'::regclass, oid, prsnamespace, 10, 'TEXT SEARCH PARSER', prsname::text, (SELECT rolsuper FROM me)
      FROM pg_ts_parser
    UNION ALL
    SELECT 'pg_ts_template'::regclass, oid, tmplnamespace, 10, 'TEXT SEARCH TEMPLATE', tmplname::text,
           (SELECT rolsuper FROM me) FROM pg_ts_template
    UNION ALL
    SELECT 'pg_statistic_ext'::regclass, oid, stxnamespace, stxowner, 'STATISTICS', stxname::text, true
      FROM pg_statistic_ext
  )
  SELECT classid, objid, toc, nspname::text AS schema, name,
         NOT (recreatable AND (pg_has_role(owner, 'USAGE') OR pg_has_role(nspowner, 'USAGE'))) AS stays
    FROM object JOIN pg_namespace n ON n.oid = namespace
   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
     -- "e": an extension's member; "i": part of something else, an identity column's sequence for instance.
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = object.classid AND d.objid = object.objid
                        AND d.objsubid = 0 AND d.deptype IN ('e', 'i'))
$objects$ AS objects,
$extension_schemas$
  SELECT extnamespace FROM pg_extension
  UNION SELECT objid FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND deptype = 'e'
  UNION SELECT d.refobjid FROM pg_depend d JOIN pg_depend e ON e.classid = d.classid AND e.objid = d.objid
         WHERE d.refclassid = 'pg_namespace'::regclass AND e.deptype = 'e'
$extension_schemas$ AS extension_schemas \gset
