# The sidecar: rclone, the clients of every database, and django-rclone.
# Built by `make image IMAGE=name`, or by `docker build .` where Debian's images can be pulled.
ARG DEBIAN=debian:trixie-slim
# The clients of PostgreSQL 18 and MySQL are only in a newer Debian.
ARG NEWER_DEBIAN=debian:sid-slim


FROM ${NEWER_DEBIAN} AS newer-clients
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update \
    && apt-get install -y --no-install-recommends mysql-client-core patchelf postgresql-client-18
COPY image/take-clients.sh /
# mysql_native_password is a plugin since MySQL 9.0: servers with 8 still have accounts that use it.
RUN bin=/usr/lib/postgresql/18/bin \
    && /take-clients.sh /taken /usr/local/lib/newer-clients \
        $bin/pg_dump $bin/pg_restore $bin/psql $bin/createdb $bin/dropdb \
        /usr/bin/mysql /usr/bin/mysqldump /usr/lib/mysql/plugin/mysql_native_password.so


FROM ${DEBIAN} AS clients
# Unpacked instead of installed: the packages depend on Perl.
RUN cd /tmp \
    && apt-get update \
    && apt-get download mariadb-client mariadb-client-core postgresql-client-17 \
    && for package in *.deb; do dpkg -x "$package" /unpacked || exit; done


FROM ${DEBIAN} AS mongo-tools
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates golang-go
# Where Go's modules come from, if not from the usual place.
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
# Python, and libraries for the clients of this Debian. tzdata-legacy: some settings still use US/Eastern.
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
# Where Python packages come from, if not from the usual place.
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements/build.txt requirements/image.txt /requirements/
RUN /opt/build/bin/pip install --no-deps --require-hashes --only-binary :all: -r /requirements/build.txt \
    && /opt/venv/bin/pip install --no-deps --require-hashes --only-binary :all: -r /requirements/image.txt \
    # The sources of translations: 10 MB that nothing reads.
    && find /opt/venv -name '*.po' -delete


FROM python AS app
COPY LICENSE README.md pyproject.toml /project/
COPY app/ /project/app/
# Into a separate tree, so that a change of the app alone makes a small layer.
RUN /opt/build/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels /project \
    && /opt/venv/bin/pip install --no-deps --no-index --root /tree /wheels/*.whl


FROM runtime
COPY --from=newer-clients /taken/usr/ /usr/
COPY --from=clients /unpacked/usr/lib/postgresql/17/bin/createdb /unpacked/usr/lib/postgresql/17/bin/dropdb \
    /unpacked/usr/lib/postgresql/17/bin/pg_dump /unpacked/usr/lib/postgresql/17/bin/pg_restore \
    /unpacked/usr/lib/postgresql/17/bin/psql /usr/lib/postgresql/17/bin/
COPY --from=clients /unpacked/usr/bin/mariadb /unpacked/usr/bin/mariadb-dump /usr/bin/
COPY --from=mongo-tools /mongo-tools/bin/ /usr/local/bin/
# Owned by the user below, so that a derived image needs two lines: FROM, and RUN pip install of its packages.
COPY --from=python --chown=1000:1000 /opt/venv /opt/venv
COPY --from=app --chown=1000:1000 /tree/opt/venv/ /opt/venv/
COPY entrypoint.sh /usr/local/bin/
# Any user may run the image: these two folders are writable for all, the rest is not.
RUN mkdir -m 0777 /backups /state \
    # An empty volume gets the owner of the folder that it is mounted over. That must be the site's, not Debian's root.
    && rmdir /media
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/18/bin \
    LANG=C.UTF-8 \
    HOME=/state \
    # The path of the configuration in rclone's own image: /config/rclone/rclone.conf.
    XDG_CONFIG_HOME=/config \
    BACKUP_STATE_DIR=/state
# The most common user of web containers, whose media and SQLite files are restored, and of laptops.
USER 1000:1000
WORKDIR /state
# Check that every program starts.
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
# Each check starts Python: once a minute that takes less than 1/300 of a core. Other commands always pass.
HEALTHCHECK --interval=1m --timeout=10s --start-period=1m CMD ["django-rclone", "healthcheck"]
ENTRYPOINT ["/usr/bin/tini", "-s", "--", "/usr/local/bin/entrypoint.sh"]
CMD ["serve"]
