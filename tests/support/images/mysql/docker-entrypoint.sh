#!/bin/bash
# Does what the official images' entrypoints do with the variables that tests and Compose files use.
set -euo pipefail

# Nothing, or only flags: they are for the server.
[[ "${1:--}" != -* ]] || set -- "$SERVER" "$@"
[[ "${1:-}" == "$SERVER" ]] || exec "$@"

data=/var/lib/mysql
if [[ "$(id -u)" == 0 ]]; then
    chown -R mysql:mysql "$data" /run/mysqld
    exec setpriv --reuid=mysql --regid=mysql --init-groups "$BASH_SOURCE" "$@"
fi

# MARIADB_NAME or MYSQL_NAME, or the contents of the file that the variable of that name and _FILE points to.
setting() {
    local prefix variable file
    for prefix in MARIADB MYSQL; do
        variable="${prefix}_$1" file="${prefix}_$1_FILE"
        if [[ -n "${!file:-}" ]]; then cat "${!file}"; return; fi
        if [[ -n "${!variable:-}" ]]; then printf '%s' "${!variable}"; return; fi
    done
}

text() {
    local text="${1//\\/\\\\}"
    printf "'%s'" "${text//\'/\'\'}"
}
identifier() { printf '`%s`' "${1//\`/\`\`}"; }

initialise() {
    if [[ "$FLAVOUR" == mysql ]]; then
        "$@" --initialize-insecure
    else
        mariadb-install-db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db \
            --skip-name-resolve "${@:2}" >/dev/null
    fi
}

# What the administrator, the database and its user are to be.
accounts() {
    local root host database user
    root="$(setting ROOT_PASSWORD)" host="$(setting ROOT_HOST)" database="$(setting DATABASE)" user="$(setting USER)"
    host="${host:-%}"
    # Nothing of this belongs in the binary log, or among the transactions that a replica would ask for.
    echo 'SET SESSION sql_log_bin = 0;'
    if [[ "$host" != localhost ]]; then
        echo "CREATE USER root@$(text "$host") IDENTIFIED BY $(text "$root");"
        echo "GRANT ALL ON *.* TO root@$(text "$host") WITH GRANT OPTION;"
    fi
    if [[ -n "$database" ]]; then
        echo "CREATE DATABASE IF NOT EXISTS $(identifier "$database");"
    fi
    if [[ -n "$user" ]]; then
        echo "CREATE USER $(text "$user")@'%' IDENTIFIED BY $(text "$(setting PASSWORD)");"
        # An underscore in a grant stands for any character.
        [[ -z "$database" ]] || echo "GRANT ALL ON $(identifier "${database//_/\\_}").* TO $(text "$user")@'%';"
    fi
    # MariaDB makes these without a password.
    echo "DROP USER IF EXISTS root@'127.0.0.1', root@'::1';"
    echo "ALTER USER root@localhost IDENTIFIED BY $(text "$root");"
}

if [[ ! -d "$data/mysql" ]]; then
    if [[ -z "$(setting ROOT_PASSWORD)$(setting ALLOW_EMPTY_PASSWORD)$(setting ALLOW_EMPTY_ROOT_PASSWORD)" ]]; then
        echo "Error: neither ${FLAVOUR^^}_ROOT_PASSWORD nor ${FLAVOUR^^}_ALLOW_EMPTY_PASSWORD is set." >&2
        exit 1
    fi
    initialise "$@"

    # No TCP yet, so that nobody takes the half-made server for the ready one.
    "$@" --skip-networking &
    server=$!
    client=("$FLAVOUR" --user=root --batch)
    until "${client[@]}" --execute='SELECT 1' >/dev/null 2>&1; do
        kill -0 "$server" || exit 1
        sleep 0.1
    done
    "${client[@]}" <<<"$(accounts)"
    MYSQL_PWD="$(setting ROOT_PASSWORD)"
    export MYSQL_PWD
    client+=("--database=$(setting DATABASE)")
    for file in /docker-entrypoint-initdb.d/*; do
        case "$file" in
            *.sh) if [[ -x "$file" ]]; then "$file"; else . "$file"; fi ;;
            *.sql) "${client[@]}" <"$file" ;;
            *.sql.gz) gunzip -c "$file" | "${client[@]}" ;;
        esac
    done
    "${client[@]}" --execute=SHUTDOWN
    unset MYSQL_PWD
    wait "$server"
    printf '\n%s init process done. Ready for start up.\n\n' "$FLAVOUR"
fi

exec "$@"
