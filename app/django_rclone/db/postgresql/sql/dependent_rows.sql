-- Prints the tables whose rows a restore could not load: a CHECK of the table or of a domain, a generated column or a
-- partition key calls a function that reads a table that is loaded later in pg_dump's order, or at the same time.
WITH RECURSIVE typed(relation, type) AS (
  SELECT attrelid, atttypid FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
   WHERE relkind = 'r' AND attnum > 0 AND NOT attisdropped AND relnamespace NOT IN
         ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
  UNION
  -- Elements of arrays, domains over domains, fields of composite types.
  SELECT relation, part FROM typed JOIN pg_type t ON t.oid = type,
         LATERAL (SELECT typelem UNION ALL SELECT typbasetype
                  UNION ALL SELECT atttypid FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0) AS p(part)
   WHERE part <> 0),
running(relation, what, classid, objid) AS (
  SELECT conrelid, format('constraint %I', conname), 'pg_constraint'::regclass, oid FROM pg_constraint
   WHERE contype = 'c' AND convalidated AND conrelid <> 0
  UNION ALL
  SELECT relation, format('constraint %I of its column''s domain', conname), 'pg_constraint'::regclass, oid
    FROM pg_constraint JOIN typed ON type = contypid WHERE contype = 'c' AND contypid <> 0
  UNION ALL
  SELECT adrelid, format('generated column %I', attname), 'pg_attrdef'::regclass, f.oid
    FROM pg_attrdef f JOIN pg_attribute a ON attrelid = adrelid AND attnum = adnum AND attgenerated <> ''
  UNION ALL
  SELECT relid, format('partition key of %s', partrelid::regclass), 'pg_class'::regclass, partrelid
    FROM pg_partitioned_table, pg_partition_tree(partrelid) WHERE isleaf),
calling(relation, what, function) AS (
  SELECT relation, what, coalesce(oprcode, refobjid)
    FROM running JOIN pg_depend d USING (classid, objid)
    LEFT JOIN pg_operator o ON refclassid = 'pg_operator'::regclass AND o.oid = refobjid
   WHERE refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)),
called(relation, what, oid, source) AS (
  SELECT relation, what, p.oid, prosrc FROM calling JOIN pg_proc p ON p.oid = function JOIN pg_language l ON l.oid = prolang
   WHERE lanname NOT IN ('c', 'internal') AND p.oid >= 16384
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  UNION
  SELECT relation, what, p.oid, prosrc FROM called, pg_proc p JOIN pg_language l ON l.oid = prolang
   WHERE p.oid >= 16384 AND lanname NOT IN ('c', 'internal') AND strpos(lower(source), lower(proname)) > 0
     AND source ~* format('(^|\W)"?%s"?\s*\(', regexp_replace(proname, '(\W)', '\\\1', 'g'))),
filled AS (
  SELECT c.oid, nspname, relname, relkind FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
   WHERE relkind IN ('r', 'p', 'm', 'v') AND nspname !~ '^pg_' AND nspname <> 'information_schema'),
looking(relation, what, oid) AS (
  SELECT relation, what, f.oid FROM called JOIN filled f
         ON EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = called.oid
                       AND d.refclassid = 'pg_class'::regclass AND d.refobjid = f.oid)
         OR (strpos(lower(source), lower(relname)) > 0
             AND source ~* format('(\m(from|join)\s+(only\s+)?|\mfrom\s[^;()]*,\s*)("?%s"?\s*\.\s*)?"?%s"?(\W|$)',
                 regexp_replace(nspname, '(\W)', '\\\1', 'g'), regexp_replace(relname, '(\W)', '\\\1', 'g')))
  UNION
  SELECT relation, what, refobjid FROM looking JOIN pg_class v ON v.oid = looking.oid AND relkind = 'v'
    JOIN pg_rewrite ON ev_class = v.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = pg_rewrite.oid AND refclassid = 'pg_class'::regclass),
dependent AS (
  SELECT DISTINCT mine.nspname, mine.relname, what, other.nspname AS other_schema, other.relname AS other_name
    FROM looking JOIN filled mine ON mine.oid = relation JOIN filled other ON other.oid = looking.oid
   WHERE other.relkind = 'm' OR (other.relkind <> 'v' AND (other.nspname COLLATE "C", other.relname COLLATE "C")
                                                       >= (mine.nspname COLLATE "C", mine.relname COLLATE "C")))
SELECT json_build_object('dependent_rows', coalesce(json_agg(json_build_array(
    format('%I.%I', nspname, relname), what, format('%I.%I', other_schema, other_name))), '[]')) FROM dependent;
