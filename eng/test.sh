#!/usr/bin/env bash
# Runs every test on a machine that has only the .NET SDK: installs what is missing, starts a Docker Engine when none answers,
# builds, tests, and stops what it started. The last line is always "N passed, N failed, N skipped".
#   eng/test.sh [--filter PROJECT_SUBSTRING] [--no-build]
# NEXUS_TEST_TIMEOUT   seconds for one test project (600)
# NEXUS_TEST_DEADLINE  time (seconds since 1970) after which nothing runs any more (none)
# NEXUS_DOCKER_DATA    data root of the engine it starts (/var/lib/docker)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1 PATH="$PATH:/usr/sbin:/sbin"

filter='' build=yes
usage() { sed -n '2,8s/^# \{0,1\}//p' eng/test.sh; }
while [ $# -gt 0 ]; do
  case $1 in
    --filter) filter=${2:?--filter needs a part of a project name}; shift ;;
    --no-build) build=no ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

passed=0 failed=0 skipped=0 engine_pid='' lanes='' running_pid=''
logs=artifacts/test-logs
mkdir -p "$logs"
rm -f "$logs"/*.log "$logs"/*.count

# These compute, or wait for what they started themselves: they take half of the processors, beside those that run
# clusters, engines and browsers one after another.
computing=' Architecture Cli Consul Core Manifests Samples ServiceDefaults Simulation '

say() { echo "test: $*"; }
die() { echo "test: $*" >&2; exit 1; }

stop_engine() {
  [ -n "$engine_pid" ] || return 0
  kill "$engine_pid" 2>/dev/null || true
  for _ in $(seq 100); do
    kill -0 "$engine_pid" 2>/dev/null || return 0
    sleep 0.2
  done
  say "the Docker Engine this run started (pid $engine_pid) does not stop: killing it"
  kill -9 "$engine_pid" 2>/dev/null || true
}

finish() {
  local code=$?
  trap - EXIT INT TERM
  local pid p f s count
  for pid in $lanes; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  stop_engine
  for count in "$logs"/*.count; do
    [ -e "$count" ] || continue
    read -r p f s <"$count"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  done
  if [ "$failed" -gt 0 ] || [ "$passed" -eq 0 ]; then [ "$code" -ne 0 ] || code=1; fi
  echo "$passed passed, $failed failed, $skipped skipped"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

engine_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

start_engine() {
  engine_answers && return 0
  [ "$(id -u)" = 0 ] || die "no Docker Engine answers. Mend it with: sudo systemctl start docker && sudo usermod -aG docker $(id -un)"
  # What a killed engine leaves behind would keep the next one from starting.
  pidof dockerd >/dev/null || rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
  say "starting a Docker Engine (log: artifacts/dockerd.log)"
  setsid dockerd --data-root "${NEXUS_DOCKER_DATA:-/var/lib/docker}" >artifacts/dockerd.log 2>&1 </dev/null &
  engine_pid=$!
  for _ in $(seq 300); do
    engine_answers && return 0
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 20 artifacts/dockerd.log >&2
  die "the Docker Engine did not start"
}

test_projects() {
  grep -o '"[^"]*\.Tests\.csproj"' Nexus.sln | tr -d '"' | tr '\134' '/' | sort |
    while read -r project; do basename "$project" .csproj; done | grep -F -- "$filter"
}

seconds_left() {
  local limit=${NEXUS_TEST_TIMEOUT:-600} left
  if [ -n "${NEXUS_TEST_DEADLINE:-}" ]; then
    left=$((NEXUS_TEST_DEADLINE - $(date +%s)))
    if [ "$left" -lt "$limit" ]; then limit=$left; fi
  fi
  echo "$limit"
}

# run_project NAME [OPTION]...: its counts go to NAME.count, what is to be read of it to the output, in one piece.
run_project() {
  local name=$1 log=$logs/$1.log limit code=0 started=$SECONDS reason='' p f s
  local program=artifacts/bin/$name/debug/$name
  shift
  limit=$(seconds_left)
  if [ ! -x "$program" ]; then
    code=127 reason="is not built ($program)"
    : >"$log"
  elif [ "$limit" -le 0 ]; then
    code=124 reason="was not run: the deadline has passed"
    : >"$log"
  else
    timeout --kill-after=15 "$limit" "$program" --no-ansi --output Detailed "$@" >"$log" 2>&1 </dev/null &
    running_pid=$!
    wait "$running_pid" || code=$?
    running_pid=''
  fi

  read -r p f s < <(awk '/^ +failed: [0-9]/ { f = $2 } /^ +succeeded: [0-9]/ { s = $2 } /^ +skipped: [0-9]/ { k = $2 }
    END { print s + 0, f + 0, k + 0 }' "$log")
  if [ "$code" -ne 0 ] && [ "$f" -eq 0 ]; then
    f=1
    case $code in
      8) reason="runs no test" ;;
      124 | 137) reason=${reason:-"did not end within $limit s"} ;;
      *) reason=${reason:-"left with code $code"} ;;
    esac
  fi
  echo "$p $f $s" >"$logs/$name.count"
  {
    if [ "$f" -gt 0 ]; then
      # The failed ones in full; of a project that broke, the end.
      awk '/^(passed|skipped) /{ show = 0 } /^failed /{ show = 1 } /^Test run summary/{ show = 0 } show' "$log" | head -n 400 || true # awk's end of the pipe is closed early
      if [ -n "$reason" ]; then tail -n 40 "$log"; fi
    fi
    echo "test: $name: $p passed, $f failed, $s skipped in $((SECONDS - started)) s${reason:+ ($name $reason)}"
  } >"$log.report"
  cat "$log.report"
  rm "$log.report"
}

stop_lane() {
  trap - EXIT INT TERM
  if [ -n "$running_pid" ]; then
    kill "$running_pid" 2>/dev/null || true # timeout(1) passes it on to the project and its children.
    wait "$running_pid" 2>/dev/null || true
  fi
  exit 143
}

# run_lane computing|running NAME...
run_lane() {
  trap - EXIT
  trap stop_lane INT TERM
  local lane=$1 name kind
  shift
  for name; do
    kind=running
    case $computing in *" $(echo "$name" | cut -d. -f2) "*) kind=computing ;; esac
    [ "$kind" = "$lane" ] || continue
    if [ "$lane" = computing ]; then run_project "$name" --max-threads "$((($(nproc) + 1) / 2))"; else run_project "$name"; fi
  done
}

./eng/install.sh
consul=$(./eng/consul.sh | tail -n 1)
PATH="$(dirname "$consul"):$PATH"
start_engine
./eng/sample-image.sh
if [ "$build" = yes ]; then
  say "building"
  dotnet build Nexus.sln --nologo --verbosity quiet || die "the build failed"
fi
projects=$(test_projects) || die "no test project's name contains '$filter'"
for lane in computing running; do
  run_lane "$lane" $projects &
  lanes="$lanes $!"
done
for pid in $lanes; do
  wait "$pid" || say "a lane of tests ended early"
done
lanes=''
for name in $projects; do
  if [ ! -e "$logs/$name.count" ]; then
    say "$name: 0 passed, 1 failed, 0 skipped ($name was not run)"
    echo "0 1 0" >"$logs/$name.count"
  fi
done
