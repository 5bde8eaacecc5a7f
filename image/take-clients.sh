#!/bin/sh
# Copies programs of a newer Debian with their libraries and loader, so that they run on an older one. The programs find
# these libraries in a separate folder, so that no other program in the image uses them.
# Usage: take-clients.sh TREE LIBRARIES PROGRAM… (absolute paths; TREE becomes the root folder of the copies)
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
        *.so) ;; # a plugin is loaded by a program that has the libraries
        # An RPATH (unlike a RUNPATH) also applies to the libraries of the libraries.
        *) patchelf --set-interpreter "$libraries/$(cat "$tree.loader")" --force-rpath --set-rpath "$libraries" "$tree$program" ;;
    esac
done
