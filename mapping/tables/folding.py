#!/usr/bin/env python3
"""Prints mapping/tables/folding.cpp from the Unicode character database of Python's standard library.

    python3 mapping/tables/folding.py > mapping/tables/folding.cpp
"""
import unicodedata as ucd

KEPT = [(0xF900, 0xFAFF), (0x2F800, 0x2FA1F), (0xAC00, 0xD7A3)]  # CJK compatibility ideographs; Hangul is arithmetic
VOICED = [(0x3041, 0x30FF)]  # kana: ga is another letter than ka, so it stays whole
WIDE = (0xFF01, 0xFFEE)
# Canonical combining classes that are accents and pointing; others (vowel signs, viramas, tones) are letters.
MARKS = {1, 8} | set(range(10, 37)) | set(range(200, 241))
LETTERS = {
    'ß': 'ss', 'æ': 'ae', 'œ': 'oe', 'þ': 'th', 'ø': 'o', 'ł': 'l', 'đ': 'd', 'ð': 'd', 'ħ': 'h', 'ŧ': 't', 'ı': 'i',
    'ƶ': 'z', 'ɨ': 'i', 'ʉ': 'u', 'ɉ': 'j', 'ɍ': 'r', 'ɏ': 'y', 'ƀ': 'b', 'ǥ': 'g', 'ⱥ': 'a', 'ⱦ': 't', 'ɇ': 'e', 'ȼ': 'c',
    '\u2018': "'", '\u2019': "'", '\u02bc': "'", '\u02b9': "'", '\u00b4': "'", '\u2032': "'",
    '\u2010': '-', '\u2011': '-', '\u2012': '-', '\u2013': '-', '\u2014': '-', '\u2212': '-',
}


def within(c, ranges):
    return any(a <= c <= b for a, b in ranges)


def is_mark(ch):
    return ucd.category(ch) == 'Mn' and ucd.combining(ch) in MARKS


def is_dropped(ch):
    c = ord(ch)
    voicing = c in (0x3099, 0x309A)  # put together with its kana before it could be dropped
    return (is_mark(ch) and not voicing) or 0xFE00 <= c <= 0xFE0F or 0xE0100 <= c <= 0xE01EF


def without_marks(text):
    return ''.join(ch for ch in text if not is_dropped(ch))


def decomposed(ch):
    return ch if within(ord(ch), KEPT + VOICED) else ucd.normalize('NFD', ch)


def searched(ch):
    c = ord(ch)
    if ucd.category(ch) in ('Zs',) or ch in '\t\n\r\x0b\x0c\x85':
        return ' '
    if within(c, KEPT + VOICED):
        return ch
    if WIDE[0] <= c <= WIDE[1]:
        ch = ucd.normalize('NFKD', ch)
    text = without_marks(ucd.normalize('NFD', ch))
    text = ''.join(LETTERS.get(x, x) for x in text)
    folded = without_marks(ucd.normalize('NFD', text.casefold()))
    folded = ''.join(LETTERS.get(x, x) for x in folded)
    # Longer foldings (ligatures, Armenian ech-yiwn) are left as they are: only the documented four make two letters.
    return folded if len(folded) <= 1 or folded in ('ss', 'ae', 'oe', 'th') else text


def rows(f):
    for c in range(0x80, 0x110000):
        if 0xD800 <= c <= 0xDFFF:
            continue
        ch = chr(c)
        to = f(ch)
        if to != ch:
            yield c, to


def emit(name, table):
    print(f'constexpr fold_row {name}[] = {{')
    line = '   '
    for c, to in table:
        cell = ' {0x%X, {%s}},' % (c, ', '.join('0x%X' % ord(x) for x in to))
        if len(line) + len(cell) > 118:
            print(line)
            line = '   '
        line += cell
    print(line)
    print('};')


search = list(rows(searched))
dropped = [c for c, to in search if to == '']
search = [(c, to) for c, to in search if to != '']
ranges = []
for c in dropped:
    if ranges and ranges[-1][1] == c - 1:
        ranges[-1][1] = c
    else:
        ranges.append([c, c])
kana = sorted((ord(n[0]), ord(n[1]), c) for c in range(0x3041, 0x3100)
              for n in [ucd.normalize('NFD', chr(c))] if len(n) == 2)

print('// Made by mapping/tables/folding.py from Unicode', ucd.unidata_version + ': change that, not this.')
print('#include "mapping/tables/folding.hpp"\n\nnamespace pons::mapping::tables {\n\nnamespace {\n\n// clang-format off')
emit('canonical_rows', list(rows(decomposed)))
print()
emit('search_rows', search)
print('\nconstexpr mark_range mark_rows[] = {')
for i in range(0, len(ranges), 5):
    print('    ' + ' '.join('{0x%X, 0x%X},' % tuple(r) for r in ranges[i:i + 5]))
print('};\n\nconstexpr kana_row kana_rows[] = {')
for i in range(0, len(kana), 4):
    print('    ' + ' '.join('{0x%X, 0x%X, 0x%X},' % r for r in kana[i:i + 4]))
print('};\n// clang-format on\n\n}  // namespace\n')
print('constinit std::span<fold_row const> const canonical_foldings = canonical_rows;')
print('constinit std::span<fold_row const> const search_foldings = search_rows;')
print('constinit std::span<mark_range const> const marks = mark_rows;')
print('constinit std::span<kana_row const> const voiced_kana = kana_rows;')
print('\n}  // namespace pons::mapping::tables')
