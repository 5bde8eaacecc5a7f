-- Prints rows of extensions' tables that have to be loaded before any other row: for example custom reference systems
-- in PostGIS's spatial_ref_sys, which a CHECK, a generated column, a partition key or a column's type reads. pg_dump
-- orders them among the other tables, by name. Prints them only where something may need them, and only of tables
-- without triggers and foreign keys.
WITH member AS (
  SELECT classid, objid, refobjid AS extension FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass),
loading AS (
  SELECT 'pg_constraint'::regclass AS classid, oid AS objid FROM pg_constraint
   WHERE contype = 'c' AND conrelid NOT IN (SELECT objid FROM member WHERE classid = 'pg_class'::regclass)
  UNION ALL
  SELECT 'pg_attrdef'::regclass, f.oid FROM pg_attrdef f
    JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum AND attgenerated <> ''
  UNION ALL
  SELECT 'pg_class'::regclass, partrelid FROM pg_partitioned_table),
called AS (
  SELECT refclassid AS classid, refobjid AS objid FROM pg_depend JOIN loading USING (classid, objid)
   WHERE refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) AND refobjid >= 16384),
-- The calls of user-defined functions are known only from their source.
own AS (
  SELECT p.oid, lower(prosrc) AS source FROM pg_proc p JOIN pg_language l ON l.oid = prolang
   WHERE p.oid >= 16384 AND lanname NOT IN ('c', 'internal')
     AND p.oid NOT IN (SELECT objid FROM member WHERE classid = 'pg_proc'::regclass)),
configured AS (
  SELECT e.oid AS extension, extname, c.oid, nspname, relname, condition
    FROM pg_extension e, unnest(extconfig, extcondition) AS t(tab, condition) JOIN pg_class c ON c.oid = tab
    JOIN pg_namespace n ON n.oid = relnamespace
   WHERE relkind = 'r' AND has_table_privilege(c.oid, 'SELECT')
     AND c.oid NOT IN (SELECT tgrelid FROM pg_trigger)),
needed AS (
  SELECT * FROM configured AS c
   WHERE EXISTS (SELECT FROM member JOIN called USING (classid, objid) WHERE member.extension = c.extension)
      OR EXISTS (SELECT FROM pg_attribute JOIN pg_class r ON r.oid = attrelid
                   JOIN member m ON m.classid = 'pg_type'::regclass AND m.objid = atttypid
                  WHERE m.extension = c.extension AND atttypmod >= 0 AND attnum > 0 AND NOT attisdropped
                    AND relkind IN ('r', 'p', 'f', 'c'))
      OR (EXISTS (SELECT FROM called JOIN own ON own.oid = objid WHERE classid = 'pg_proc'::regclass)
          AND EXISTS (SELECT FROM own, member m JOIN pg_proc p ON p.oid = m.objid
                       WHERE m.classid = 'pg_proc'::regclass AND m.extension = c.extension
                         AND strpos(source, lower(proname)) > 0)))
-- One row more than the limit shows that there are too many.
SELECT 'SELECT json_build_object(''extension_rows'', coalesce(json_agg(t), ''[]'')) FROM ('
       || coalesce(string_agg(format(
            'SELECT %L AS extension, %L AS schema, %L AS name, %L::json AS columns,'
            || ' (SELECT json_agg(r) FROM (SELECT %s FROM %I.%I %s LIMIT 1001) AS r) AS rows',
            extname, nspname, relname, names, list, nspname, relname, condition), ' UNION ALL '), 'SELECT NULL AS rows')
       || ') AS t WHERE rows IS NOT NULL' AS command
  FROM needed LEFT JOIN LATERAL (
    SELECT json_agg(attname ORDER BY attnum) AS names, string_agg(format('%I', attname), ', ' ORDER BY attnum) AS list
      FROM pg_attribute WHERE attrelid = needed.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
  ) AS columns ON true \gexec
