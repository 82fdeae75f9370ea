#!/bin/sh
# Make the secrets that docker-compose.yml reads, in deploy/secrets: random, each readable by its container's user
# only. What is there already stays. Run it as root: the files are given to the users 10001 (newswire) and 999.
set -eu
umask 077
here=$(dirname "$0")/secrets
mkdir -p "$here"

word() {
    head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'
}

# make NAME OWNER VALUE
make() {
    if [ -e "$here/$1" ]; then
        echo "$here/$1 stays"
        return
    fi
    printf '%s\n' "$3" >"$here/.$1"
    chown "$2" "$here/.$1"
    chmod 0400 "$here/.$1"
    mv "$here/.$1" "$here/$1"
    echo "$here/$1 made"
}

password=$(word)
if [ -e "$here/postgres_password" ]; then
    password=$(cat "$here/postgres_password")
fi
make postgres_password 999 "$password"
make storage_url 10001 "postgresql://newswire:$password@postgres:5432/newswire"
make web_token 10001 "$(word)"
