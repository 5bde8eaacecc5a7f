# The sidecar: rclone, the clients of every database, and a Django project around any other.
# Built by `make image IMAGE=name`, or by `docker build .` where Debian's images can be pulled.
ARG DEBIAN=debian:trixie-slim
# PostgreSQL 18's and MySQL's clients are in a newer Debian only.
ARG NEWER_DEBIAN=debian:sid-slim


FROM ${NEWER_DEBIAN} AS newer-clients
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update \
    && apt-get install -y --no-install-recommends mysql-client-core patchelf postgresql-client-18
COPY image/take-clients.sh /
# MySQL's native passwords are a plugin since 9.0: servers of 8 still have accounts with them.
RUN bin=/usr/lib/postgresql/18/bin \
    && /take-clients.sh /taken /usr/local/lib/newer-clients \
        $bin/pg_dump $bin/pg_restore $bin/psql $bin/createdb $bin/dropdb \
        /usr/bin/mysql /usr/bin/mysqldump /usr/lib/mysql/plugin/mysql_native_password.so


FROM ${DEBIAN} AS clients
# Unpacked, not installed: the packages would bring Perl.
RUN cd /tmp \
    && apt-get update \
    && apt-get download mariadb-client mariadb-client-core postgresql-client-17 \
    && for package in *.deb; do dpkg -x "$package" /unpacked || exit; done


FROM ${DEBIAN} AS mongo-tools
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates golang-go
# How this machine gets at Go's modules, where that is not the usual way.
ARG GOPROXY
ARG GOFLAGS
ARG GONOSUMDB
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
WORKDIR /mongo-tools
COPY image/mongo-tools/ ./
RUN for tool in mongodump mongorestore; do \
        go build -trimpath -ldflags "-s -w -X main.VersionStr=100.10.0" -o bin/$tool github.com/mongodb/mongo-tools/$tool/main || exit; \
    done


FROM ${DEBIAN} AS runtime
# Python and what the clients of this Debian stand on; tzdata-legacy: settings still say US/Eastern.
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates python3 sqlite3 tini tzdata tzdata-legacy zstd \
        libedit2 libmariadb3 libncurses6 libpcre2-posix3 libpq5 libreadline8t64 \
    && rm -rf /var/cache/apt/* /var/cache/debconf/*-old /var/lib/apt/lists/* /var/log/*


FROM runtime AS python
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && python3 -m venv /opt/venv \
    && python3 -m venv /opt/build
# How this machine gets at Python's packages, where that is not the usual way.
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements/build.txt requirements/image.txt /requirements/
RUN /opt/build/bin/pip install --no-deps --require-hashes --only-binary :all: -r /requirements/build.txt \
    && /opt/venv/bin/pip install --no-deps --require-hashes --only-binary :all: -r /requirements/image.txt \
    # What translations were compiled from: 10 MB that nothing reads.
    && find /opt/venv -name '*.po' -delete


FROM python AS app
COPY LICENSE README.md pyproject.toml /project/
COPY app/ /project/app/
# Into a tree of its own, so that a change of the app alone makes a small layer.
RUN /opt/build/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels /project \
    && /opt/venv/bin/pip install --no-deps --no-index --root /tree /wheels/*.whl


FROM runtime
COPY --from=newer-clients /taken/usr/ /usr/
COPY --from=clients /unpacked/usr/lib/postgresql/17/bin/createdb /unpacked/usr/lib/postgresql/17/bin/dropdb \
    /unpacked/usr/lib/postgresql/17/bin/pg_dump /unpacked/usr/lib/postgresql/17/bin/pg_restore \
    /unpacked/usr/lib/postgresql/17/bin/psql /usr/lib/postgresql/17/bin/
COPY --from=clients /unpacked/usr/bin/mariadb /unpacked/usr/bin/mariadb-dump /usr/bin/
COPY --from=mongo-tools /mongo-tools/bin/ /usr/local/bin/
# The user's below, so that a derived image needs two lines: FROM this, and RUN pip install what its settings import.
COPY --from=python --chown=1000:1000 /opt/venv /opt/venv
COPY --from=app --chown=1000:1000 /tree/opt/venv/ /opt/venv/
COPY entrypoint.sh /usr/local/bin/
# Whoever runs this need not be the user below: these two are for all, and the rest for nobody.
RUN mkdir -m 0777 /backups /state
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/18/bin \
    LANG=C.UTF-8 \
    HOME=/state \
    # rclone's own image has its configuration there too: /config/rclone/rclone.conf.
    XDG_CONFIG_HOME=/config \
    BACKUP_STATE_DIR=/state
# The commonest user of web containers, whose media and SQLite files are restored; and of laptops.
USER 1000:1000
WORKDIR /state
# Every program starts, before anybody relies on it.
RUN for folder in /usr/lib/postgresql/17/bin /usr/lib/postgresql/18/bin; do \
        for program in createdb dropdb pg_dump pg_restore psql; do "$folder/$program" --version || exit; done; \
    done \
    && for program in mariadb mariadb-dump mysql mysqldump mongodump mongorestore sqlite3 zstd tini pip; do \
        "$program" --version || exit; \
    done \
    && entrypoint.sh version \
    && python -I -c 'import apprise, cronsim, gunicorn.workers.gthread, prometheus_client' \
    && python -I -c 'import configurations, decouple, dj_database_url, dj_email_url, django_cache_url, dotenv, dynaconf, environ, environs, pydantic_settings, pymongo, split_settings, yaml, zoneinfo; zoneinfo.ZoneInfo("US/Eastern")'
ARG VERSION=1.0.0
LABEL org.opencontainers.image.title="django-rclone" \
    org.opencontainers.image.description="Backs up and restores the databases and media of any Django project" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}"
# Health, metrics and the page of `serve`.
EXPOSE 8000
# A start of Python each time: once a minute it costs less than a three-hundredth of a core. Other verbs pass.
HEALTHCHECK --interval=1m --timeout=10s --start-period=1m CMD ["django-rclone", "healthcheck"]
ENTRYPOINT ["/usr/bin/tini", "-s", "--", "/usr/local/bin/entrypoint.sh"]
CMD ["serve"]
