#!/usr/bin/env bash
# clang-tidy with the rules of .clang-tidy.
#
#   tidy.sh BUILD_DIR              looks at all tracked sources of the product
#   tidy.sh BUILD_DIR --changed    at those that differ from the branch's beginning (or from the commit before)
#   tidy.sh BUILD_DIR FILE...
#
# It needs the compile commands of BUILD_DIR, whose precompiled headers must be built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tidy=$(command -v clang-tidy-16) || { echo "clang-tidy-16 is missing (package clang-tidy-16)" >&2; exit 2; }
build=$1
shift

folders=(config mapping proxy render upstream)
case ${1:-} in
  '') mapfile -t files < <(git ls-files "${folders[@]/%//*.cpp}") ;;
  --changed)
    base=$(git merge-base HEAD origin/main 2>/dev/null || true)
    [[ -n $base && $base != $(git rev-parse HEAD) ]] || base=$(git rev-parse --verify -q HEAD~1 || git rev-parse HEAD)
    mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- "${folders[@]/%//*.cpp}")
    ;;
  *) files=("$@") ;;
esac
[[ ${#files[@]} -gt 0 ]] || exit 0

# Words about headers that are not ours go to standard error.
printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 1 "$tidy" -p "$build" --quiet 2>/dev/null
