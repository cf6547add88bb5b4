#!/usr/bin/env bash
# g++ 12 silently corrupts memory in some operands of co_await. The house rule: operands are only named variables,
# std::move(named), scalars and temporaries of classes with constructors; nothing braced, no lambda with captures, no ?:.
#
#   coroutines.sh BUILD_DIR [FILE...]    looks at FILEs, or at all tracked sources that contain co_await; needs the
#                                        compile commands of BUILD_DIR, whose precompiled headers must be built
#   coroutines.sh --self-test            proves that it can fail, and that it does not cry wolf
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
query=$(command -v clang-query-16) || { echo "clang-query-16 is missing (package clang-tools-16)" >&2; exit 2; }

rules=(
  "match coawaitExpr(isExpansionInMainFile(), hasDescendant(initListExpr()))"
  "match coawaitExpr(isExpansionInMainFile(), hasDescendant(conditionalOperator()))"
  "match coawaitExpr(isExpansionInMainFile(), hasDescendant(lambdaExpr(hasAnyCapture(lambdaCapture()))))"
  "match conditionalOperator(isExpansionInMainFile(), hasDescendant(coawaitExpr()))"
)

# Prints "file:line:column: …" for each fault; fails when the file could not be read.
look() {
  local out args=(-c "set bind-root true" -c "set output diag")
  for rule in "${rules[@]}"; do args+=(-c "$rule"); done
  out=$("$query" "${args[@]}" "$@" 2>&1) || { echo "$out"; return 2; }
  if grep -q ' error: ' <<<"$out"; then echo "$out"; return 2; fi
  grep -E '"root" binds here|root' <<<"$out" | grep -E '^[^ ]+:[0-9]+:[0-9]+: note' | sed 's/ note: "root" binds here/ a co_await operand that g++ 12 miscompiles/' | sort -u || true
}

if [[ ${1:-} == --self-test ]]; then
  cases=$root/tests/lint/cases
  good=$(look "$cases/good.cpp" -- -std=c++20)
  [[ -z $good ]] || { echo "the lint cries wolf:"; echo "$good"; exit 1; }
  bad=$(look "$cases/bad.cpp" -- -std=c++20)
  found=$(cut -d: -f2 <<<"$bad" | sort -un | wc -l)
  wanted=$(grep -c '^task' "$cases/bad.cpp")
  [[ $found -eq $wanted ]] || { echo "the lint found $found of $wanted bad lines:"; echo "$bad"; exit 1; }
  exit 0
fi

build=$1
shift
cd "$root"
if [[ $# -eq 0 ]]; then
  mapfile -t files < <(git ls-files '*.cpp' | xargs grep -l co_await | grep -v '^tests/lint/' || true)
else
  files=("$@")
fi
[[ ${#files[@]} -gt 0 ]] || exit 0
failed=0
# One file a process, two at a time: most of the time goes into reading headers.
outs=$(mktemp -d)
trap 'rm -rf "$outs"' EXIT
limit=$(nproc)
for n in "${!files[@]}"; do
  while [[ $(jobs -rp | wc -l) -ge $limit ]]; do wait -n || true; done
  { look -p "$build" "${files[n]}" >"$outs/$n" && echo ok >"$outs/$n.status" || echo broken >"$outs/$n.status"; } &
done
wait
for n in "${!files[@]}"; do
  if [[ -s $outs/$n || $(cat "$outs/$n.status") != ok ]]; then
    [[ $(cat "$outs/$n.status") == ok ]] || echo "${files[n]}: could not be looked at"
    cat "$outs/$n"
    failed=1
  fi
done
exit $failed
