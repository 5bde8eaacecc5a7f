#!/bin/sh
# Takes programs of a newer Debian along, so that they run on an older one: with their libraries and their loader.
# Each finds them by a path of its own, so that nothing else in the image sees them.
# Usage: take-clients.sh TREE LIBRARIES PROGRAM… (absolute paths; TREE is filled as the root folder would be)
set -eu
tree="$1" libraries="$2"
shift 2

mkdir -p "$tree$libraries"
for program in "$@"; do
    # Lines are "libpq.so.5 => /usr/lib/…/libpq.so.5 (0x…)" and, for the loader, "/lib64/ld-… (0x…)".
    ldd "$program" | while read -r name arrow file _; do
        case "$name" in
            /*) cp -Lf "$name" "$tree$libraries/" && basename "$name" >"$tree.loader" ;;
            *) if [ "$arrow" = "=>" ] && [ -f "$file" ]; then cp -Lf "$file" "$tree$libraries/$name"; fi ;;
        esac
    done
    mkdir -p "$tree$(dirname "$program")"
    cp -L "$program" "$tree$program"
    case "$program" in
        *.so) ;; # a plugin is loaded by a program that brings the libraries
        # An RPATH (not a RUNPATH) holds for the libraries of the libraries too.
        *) patchelf --set-interpreter "$libraries/$(cat "$tree.loader")" --force-rpath --set-rpath "$libraries" "$tree$program" ;;
    esac
done
