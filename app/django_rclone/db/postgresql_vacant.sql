-- Refuses to load into a database that holds anything.
\ir postgresql_objects.sql
SELECT set_config('django_rclone.found', (SELECT count(*)::text FROM (:objects) AS o), true);
DO $$
BEGIN
  IF current_setting('django_rclone.found') <> '0' THEN
    RAISE EXCEPTION USING ERRCODE = 'DR003',
      MESSAGE = format('the database "%s" is not empty: it holds %s objects', current_database(),
                       current_setting('django_rclone.found'));
  END IF;
END $$;
