-- Prints the tables whose rows a restore could not load: a CHECK, of the table or of a domain, or a generated column
-- calls a function that reads a table which pg_dump's order fills later, or at the same time.
WITH RECURSIVE calling(relation, what, function) AS (
  SELECT conrelid, format('constraint %I', conname), refobjid FROM pg_constraint c JOIN pg_depend d
         ON d.classid = 'pg_constraint'::regclass AND d.objid = c.oid AND refclassid = 'pg_proc'::regclass
   WHERE contype = 'c' AND convalidated AND conrelid <> 0
  UNION
  SELECT attrelid, format('constraint %I of its column''s domain', conname), refobjid
    FROM pg_constraint c JOIN pg_attribute a ON atttypid = contypid JOIN pg_depend d
         ON d.classid = 'pg_constraint'::regclass AND d.objid = c.oid AND refclassid = 'pg_proc'::regclass
   WHERE contype = 'c' AND contypid <> 0
  UNION
  SELECT adrelid, format('generated column %I', attname), d.refobjid
    FROM pg_attrdef f JOIN pg_attribute a ON attrelid = adrelid AND attnum = adnum AND attgenerated <> ''
    JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND refclassid = 'pg_proc'::regclass),
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
   WHERE relkind IN ('r', 'p', 'm') AND nspname !~ '^pg_' AND nspname <> 'information_schema'),
reading AS (
  SELECT DISTINCT mine.nspname, mine.relname, what, other.nspname AS other_schema, other.relname AS other_name
    FROM called JOIN filled mine ON mine.oid = relation JOIN filled other
         ON other.relkind = 'm' OR (other.nspname COLLATE "C", other.relname COLLATE "C")
                                   >= (mine.nspname COLLATE "C", mine.relname COLLATE "C")
   WHERE EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = called.oid
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid = other.oid)
      OR (strpos(lower(source), lower(other.relname)) > 0
          AND source ~* format('\m(from|join)\s+(only\s+)?("?%s"?\s*\.\s*)?"?%s"?(\W|$)',
              regexp_replace(other.nspname, '(\W)', '\\\1', 'g'), regexp_replace(other.relname, '(\W)', '\\\1', 'g'))))
SELECT json_build_object('reading', coalesce(json_agg(json_build_array(
    format('%I.%I', nspname, relname), what, format('%I.%I', other_schema, other_name))), '[]')) FROM reading;
