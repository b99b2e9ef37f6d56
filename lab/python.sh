#!/bin/sh
# python - installs the interpreter that the commands are written for, or says which package it is in
# SPDX-License-Identifier: Apache-2.0
install="apt-get install -y --no-install-recommends python3"
if [ "$(id -u)" != 0 ]; then
	echo "Missing Debian packages; as root run:" >&2
	echo "  $install" >&2
	exit 2
fi
echo "Installing python3"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && $install -qq </dev/null >/dev/null
