#!/bin/bash
# Does what the official image's entrypoint does with the variables that tests and Compose files use.
set -euo pipefail

# Only flags: they are for the server.
[[ "${1:-}" != -* ]] || set -- postgres "$@"
[[ "${1:-}" == postgres ]] || exec "$@"

if [[ "$(id -u)" == 0 ]]; then
    install -d -m 0700 -o postgres -g postgres "$PGDATA"
    chown -R postgres:postgres "$PGDATA"
    export HOME=/var/lib/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$BASH_SOURCE" "$@"
fi

# NAME or the contents of the file NAME_FILE, else the default.
setting() {
    local file="${1}_FILE"
    if [[ -n "${!file:-}" ]]; then cat "${!file}"; else printf '%s' "${!1:-$2}"; fi
}

if [[ ! -s "$PGDATA/PG_VERSION" ]]; then
    POSTGRES_USER="$(setting POSTGRES_USER postgres)"
    POSTGRES_PASSWORD="$(setting POSTGRES_PASSWORD '')"
    POSTGRES_DB="$(setting POSTGRES_DB "$POSTGRES_USER")"
    export POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB PGPASSWORD="$POSTGRES_PASSWORD"
    method="${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}"
    if [[ -z "$POSTGRES_PASSWORD" && "$method" != trust ]]; then
        echo "Error: POSTGRES_PASSWORD is empty. Set it, or POSTGRES_HOST_AUTH_METHOD=trust." >&2
        exit 1
    fi

    # As in the official image: local connections need no password, those from elsewhere do.
    read -ra initdb_args <<<"${POSTGRES_INITDB_ARGS:-}"
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth=trust "${initdb_args[@]}"
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"

    # No TCP yet, so that nobody takes the half-made server for the ready one.
    pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w start
    psql=(psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password)
    if [[ "$POSTGRES_DB" != postgres ]]; then
        "${psql[@]}" --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
    fi
    for file in /docker-entrypoint-initdb.d/*; do
        case "$file" in
            *.sh) if [[ -x "$file" ]]; then "$file"; else . "$file"; fi ;;
            *.sql) "${psql[@]}" --dbname "$POSTGRES_DB" -f "$file" ;;
            *.sql.gz) gunzip -c "$file" | "${psql[@]}" --dbname "$POSTGRES_DB" ;;
        esac
    done
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
    printf '\nPostgreSQL init process complete; ready for start up.\n\n'
fi

exec "$@"
