-- Fails if the database holds any object.
\ir objects.sql
SELECT count(*) > 0 AS filled,
       format('DR003: the database "%s" is not empty: it holds %s objects', current_database(), count(*)) AS message
  FROM (:objects) AS o \gset
\if :filled
SELECT :'message'::int;
\endif
