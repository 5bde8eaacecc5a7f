#!/bin/sh
# Runs inside a database image: writes a tar of the named programs, the libraries they need, and the loader.
set -eu
box="$(mktemp -d)"
mkdir "$box/programs" "$box/lib"
for program in "$@"; do
    # By way of PATH, where the image puts the programs themselves before Debian's wrappers.
    path="$(readlink -f "$(command -v "$program")")"
    cp "$path" "$box/programs/$program"
    # Lines are "libpq.so.5 => /usr/lib/…/libpq.so.5 (0x…)" and, for the loader, "/lib64/ld-… (0x…)".
    ldd "$path" | while read -r name arrow file _; do
        case "$name" in
            /*) cp -Ln "$name" "$box/lib/"; basename "$name" >"$box/loader" ;;
            *) if [ "$arrow" = "=>" ] && [ -f "$file" ]; then cp -Ln "$file" "$box/lib/$name"; fi ;;
        esac
    done
done
tar -C "$box" -c .
