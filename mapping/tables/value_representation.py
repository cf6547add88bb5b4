#!/usr/bin/env python3
"""Prints mapping/tables/value_representation.cpp from a data dictionary as DCMTK writes it (PS3.6 §6, tab-separated).

    python3 mapping/tables/value_representation.py /usr/share/libdcmtk17/dicom.dic > mapping/tables/value_representation.cpp
"""
import re
import sys

CHOICES = {'ox': 'OW', 'px': 'OW', 'lt': 'OW', 'up': 'UL'}  # what implicit VR means by them (PS3.5 §A.1)
rows, groups = {}, {}
for line in open(sys.argv[1], encoding='utf-8'):
    fields = line.rstrip('\n').split('\t')
    if line.startswith('#') or len(fields) < 3 or fields[1] == 'na':
        continue
    vr = CHOICES.get(fields[1], fields[1])
    plain = re.fullmatch(r'\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)', fields[0])
    repeated = re.fullmatch(r'\((5000|6000|7F00)-\w+,([0-9A-Fa-f]{4})\)', fields[0])
    if plain and int(plain[1], 16) > 2:
        rows.setdefault(int(plain[1] + plain[2], 16), vr)
    elif repeated:
        groups.setdefault(int(repeated[1] + repeated[2], 16), vr)
# A repeating group is found under its first one.
for tag, vr in groups.items():
    rows.setdefault(tag, vr)

print('''// Printed by value_representation.py. Do not edit.
#include "mapping/tables/value_representation.hpp"

#include <algorithm>
#include <iterator>

namespace pons::mapping::tables {

namespace {

struct row {
    std::uint32_t t;
    char as[3];
};

// clang-format off
constexpr row rows[] = {''')
line = ''
for tag, vr in sorted(rows.items()):
    one = '{0x%08X,"%s"},' % (tag, vr)
    if len(line) + len(one) > 112:
        print('   ' + line)
        line = ''
    line += ' ' + one
print('   ' + line)
print('''};
// clang-format on

}  // namespace

vr value_representation(tag t)
{
    auto number = static_cast<std::uint32_t>(t);
    auto const repeated = number >> 24;
    if (repeated == 0x50 || repeated == 0x60 || repeated == 0x7F) {
        auto const exact = std::ranges::lower_bound(rows, number, {}, &row::t);
        if (exact == std::end(rows) || exact->t != number)
            number &= 0xFF00FFFF;
    }
    auto const found = std::ranges::lower_bound(rows, number, {}, &row::t);
    return found != std::end(rows) && found->t == number ? vr_of(found->as[0], found->as[1]) : "UN"_vr;
}

}  // namespace pons::mapping::tables''')
