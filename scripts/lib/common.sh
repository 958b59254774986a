# Helpers that the scripts share. Sourced, not run.

say() {
    printf '» %s\n' "$*" >&2
}

die() {
    printf '✗ %s\n' "$@" >&2
    exit 1
}

cache_folder=${XDG_CACHE_HOME:-$HOME/.cache}/hikcentral-visitors
