#!/bin/bash
# Does what the official image's entrypoint does with the variables that tests and Compose files use. Not there:
# mongod's flags, and first scripts, which would need MongoDB's shell (so MONGO_INITDB_DATABASE has no effect).
set -euo pipefail

[[ "${1:-}" == mongod || "${1:-}" == -* ]] || exec "$@"
[[ "$*" == mongod ]] || { echo "Error: this stand-in for mongo takes none of mongod's flags: $*" >&2; exit 1; }

export PGDATA=/data/db PGHOST=/run/postgresql PGUSER=postgres
if [[ "$(id -u)" == 0 ]]; then
    install -d -m 0700 -o postgres -g postgres "$PGDATA"
    install -d -m 2775 -o postgres -g postgres "$PGHOST"
    chown -R postgres:postgres "$PGDATA"
    export HOME=/var/lib/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$BASH_SOURCE" "$@"
fi

# NAME or the contents of the file NAME_FILE.
setting() {
    local file="${1}_FILE"
    if [[ -n "${!file:-}" ]]; then cat "${!file}"; else printf '%s' "${!1:-}"; fi
}
user="$(setting MONGO_INITDB_ROOT_USERNAME)" password="$(setting MONGO_INITDB_ROOT_PASSWORD)"
if [[ -n "$user" && -z "$password" || -z "$user" && -n "$password" ]]; then
    echo "Error: MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD are set together or not at all." >&2
    exit 1
fi

if [[ ! -s "$PGDATA/PG_VERSION" ]]; then
    # Trust: DocumentDB's background workers connect over localhost. Nobody else gets at this PostgreSQL.
    initdb --username=postgres --auth=trust --encoding=UTF8 --no-sync >/dev/null
    # Nothing here outlives the machine's next start, so nothing needs to reach the disk.
    cat >>"$PGDATA/postgresql.conf" <<<"
        listen_addresses = 'localhost'
        shared_preload_libraries = 'pg_cron, pg_documentdb_core, pg_documentdb'
        cron.database_name = 'postgres'
        fsync = off
        full_page_writes = off
    "
    first=yes
fi

# When one of the two servers ends, so does the other, and the container.
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
trap 'exit 143' TERM INT
# After a kill these name a process of the container's former life, and may by chance name one of this.
rm -f "$PGDATA/postmaster.pid" "$PGHOST/.s.PGSQL.5432.lock"
postgres &
database=$!
until pg_isready --quiet; do kill -0 "$database"; sleep 0.05; done

if [[ -n "${first:-}" ]]; then
    psql=(psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname=postgres)
    "${psql[@]}" --command='CREATE EXTENSION documentdb CASCADE'
    if [[ -n "$user" ]]; then
        MONGO_USER="$user" MONGO_PASSWORD="$password" "${psql[@]}" <<'SQL'
\getenv user MONGO_USER
\getenv password MONGO_PASSWORD
CREATE ROLE :"user" SUPERUSER LOGIN PASSWORD :'password';
SQL
    fi
fi

export FERRETDB_POSTGRESQL_URL=postgres://postgres@localhost:5432/postgres FERRETDB_LISTEN_ADDR=:27017
export FERRETDB_STATE_DIR=/tmp FERRETDB_TELEMETRY=disable FERRETDB_DEBUG_ADDR=-
[[ -n "$user" ]] || export FERRETDB_AUTH=false
ferretdb &
server=$!
until (exec 3<>/dev/tcp/localhost/27017) 2>/dev/null; do kill -0 "$server"; sleep 0.05; done
# In the words of mongod, which others wait for.
echo 'Waiting for connections'
wait -n
