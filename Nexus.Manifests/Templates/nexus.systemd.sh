#!/bin/sh
exec /opt/nexus/current/bin/nexus "$@"
