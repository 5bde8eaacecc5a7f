#!/bin/sh
# Runs inside an image: collects the named programs, the libraries they need, and the loader in /clients.
set -eu
# The official image has Debian's wrappers, which are Perl, before the programs themselves on its PATH.
PATH="/usr/lib/postgresql/${PG_MAJOR:-}/bin:$PATH"
box=/clients
mkdir "$box" "$box/programs" "$box/lib"
for program in "$@"; do
    path="$(readlink -f "$(command -v "$program")")"
    cp "$path" "$box/programs/$program"
    # Lines are "libpq.so.5 => /usr/lib/…/libpq.so.5 (0x…)" and, for the loader, "/lib64/ld-… (0x…)". A program that
    # needs no libraries has none.
    { ldd "$path" || true; } | while read -r name arrow file _; do
        case "$name" in
            /*) cp -Lf "$name" "$box/lib/"; basename "$name" >"$box/loader" ;;
            *) if [ "$arrow" = "=>" ] && [ -f "$file" ]; then cp -Lf "$file" "$box/lib/$name"; fi ;;
        esac
    done
done
