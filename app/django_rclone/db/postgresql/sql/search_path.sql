-- Prints the schemas for the search path of a restore, so that unqualified names mean what they mean here: those of
-- this role's search path, those of operators that views, triggers and constraints use, and those of extensions, which
-- an application may add to its path at run time (django-tenants' PG_EXTRA_SEARCH_PATHS). pg_dump qualifies operators,
-- but not in IS DISTINCT FROM, NULLIF, CASE x WHEN and comparisons of rows. "of_others" lists the roles, other than
-- superusers and the database's owner, that own something in a schema: a restore by a superuser would run their code
-- (CVE-2018-1058).
WITH used AS (
  SELECT DISTINCT oprnamespace AS oid FROM pg_depend JOIN pg_operator o ON o.oid = refobjid
   WHERE refclassid = 'pg_operator'::regclass
     AND classid IN ('pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_constraint'::regclass, 'pg_attrdef'::regclass,
                     'pg_class'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass, 'pg_statistic_ext'::regclass)),
path AS (
  SELECT n.oid, nspname, coalesce(position, 1000) AS position, used.oid IS NOT NULL AS is_used
    FROM pg_namespace n LEFT JOIN json_array_elements_text(:'usual_path') WITH ORDINALITY AS p(name, position)
         ON name = nspname LEFT JOIN used ON used.oid = n.oid
   WHERE (name IS NOT NULL OR used.oid IS NOT NULL OR n.oid IN (SELECT extnamespace FROM pg_extension)) AND nspname !~ '^pg_' AND nspname <> 'information_schema'),
added_by_others AS (
  SELECT classid, oid, namespace, owner FROM (
    SELECT 'pg_proc'::regclass, oid, pronamespace, proowner FROM pg_proc
    UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace, oprowner FROM pg_operator
    UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace, typowner FROM pg_type WHERE typtype IN ('b', 'd', 'r') AND typelem = 0
    UNION ALL SELECT 'pg_class'::regclass, oid, relnamespace, relowner FROM pg_class WHERE relkind IN ('v', 'f')
    -- A cast has no schema: it belongs to its types, wherever its function is.
    UNION ALL SELECT 'pg_cast'::regclass, c.oid, typnamespace, proowner
                FROM pg_cast c JOIN pg_proc p ON p.oid = castfunc JOIN pg_type t ON t.oid IN (castsource, casttarget)
  ) AS o(classid, oid, namespace, owner)
   WHERE namespace IN (SELECT oid FROM path)
     AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = owner AND (rolsuper OR rolname = current_user))
     AND owner NOT IN (SELECT datdba FROM pg_database WHERE datname = current_database())
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e'))
SELECT json_build_object('session', :'settings'::json, 'search_path', coalesce(json_agg(json_build_object(
    'schema', nspname, 'used', is_used, 'of_others', (
      SELECT coalesce(json_agg(DISTINCT pg_get_userbyid(owner)), '[]') FROM added_by_others WHERE namespace = path.oid))
    ORDER BY position, nspname), '[]'))
  FROM path;
