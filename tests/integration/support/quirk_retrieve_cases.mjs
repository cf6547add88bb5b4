// What quirks_retrieve.test.mjs asks of the quirk archive: {name, quirks, on, source, what, ends, seconds}.
//
// `on`: the ways, each by itself or several in order, or WADO-RS. `what`: study (else), or instance: one file. `ends`: whole, later (503
// with Retry-After, and whole when it is asked for again), refused (an error before the first byte), broken; or, of a study only, nothing:
// whole or visibly not. A value of a quirk may be a function of the study.
const ways = ['c-get', 'c-move'];
const all = [...ways, 'wado'];
const each = (quirk, values, on = ways, more = {}) => values.map((value) => ({ name: `${quirk}=${typeof value === 'function' ? value.name : value}`, quirks: { [quirk]: value }, on, ...more }));

const itsClasses = (study) => [...new Set(study.series.flatMap(({ instances }) => instances.map(({ attributes }) => attributes.SOPClassUID)))].join();
const whole = { ends: 'whole' };

export const cases = [
  { name: 'none', quirks: {}, on: all, ...whole },
  { name: 'none, one instance', quirks: {}, on: all, what: 'instance', ...whole },
  ...each('r1.destinations', ['OTHER=127.0.0.1:9'], ['c-move'], { ends: 'refused' }),
  ...['a801', 'a700', 'a702', 'c000'].map((status) => ({ name: `r1.unknown_destination=${status}`, quirks: { 'r1.destinations': 'OTHER=127.0.0.1:9', 'r1.unknown_destination': status }, on: ['c-move'], ends: 'refused' })),
  ...each('r2.get', ['absent']), ...each('r2.move', ['absent']),
  ...each('r2.get', ['absent'], ['c-get, c-move'], whole), ...each('r2.move', ['absent'], ['c-move, c-get'], whole),
  ...each('r3.get_gives_nothing', ['on']), ...each('r3.get_gives_nothing', ['on'], ['c-get, c-move'], whole),
  ...each('r3.refused_classes', [itsClasses], ['c-get'], { ends: 'refused' }), ...each('r3.refused_classes', [itsClasses], ['c-move', 'c-get, c-move'], whole),
  ...each('r4.originator', ['absent'], ['c-move'], whole),
  ...each('r5.counters', ['zero', 'absent', 'wrong']),
  ...each('r6.pending_every', ['5', '0']),
  ...each('r7.final', ['before_last', 'first']),
  ...each('r7.final', ['never'], ways, { source: { timeouts: { transfer: '30s', between_responses: '2s' } }, ...whole }),
  ...each('r8.drops', ['2']), ...each('r8.drops_always', ['2'], ways, { ends: 'broken' }),
  ...each('r9.warns', ['b000', 'b000_without_counters']),
  ...each('r10.association_each', ['on'], ['c-move'], whole),
  ...each('r11.uids_only', ['on'], ways, whole),
  ...each('r12.fails_first', ['1'], ways, { ends: 'later' }), ...each('r13.nearline', ['1'], ways, { ends: 'later' }),
  ...each('r14.levels', ['study', 'no_image']),
  ...each('r15.destination_is_caller', ['refused'], ['c-move'], whole),
  { name: 'r15.destination_is_caller=refused, and it is', quirks: { 'r15.destination_is_caller': 'refused' }, on: ['c-move'], source: { calling_ae: 'PONS_MOVE' }, ends: 'refused' },
  ...each('r16.unasked', ['on'], ['c-move'], whole), ...each('r16.twice', ['on']),
  ...each('n3.operations', ['1']), ...each('n4.rejects_first', ['1']), ...each('n5.contexts', ['1']),
  ...each('n5.flaky', ['on'], ways, whole), ...each('n6.session_ms', ['20']),
  ...each('n7.fragments', ['7']), ...each('n7.max_pdu', ['4096']),
  ...each('n10.stale_address', ['on'], ['c-move'], { ends: 'refused' }),
  ...each('f3.counts', ['absent', 'zero'], all),
  ...each('f20.duplicates', ['same'], all),
  ...each('f11.cap', ['2'], all),
  ...each('t1.compressed_aborts', ['on']), ...each('t2.as_stored', ['on'], all),
  ...each('t3.stored', ['explicit', 'implicit', 'deflated', 'big_endian'], all), ...each('t4.default', ['stored', 'implicit'], ['wado']),
  ...each('w10.accept_type', ['quoted', 'unquoted'], ['wado']),
  ...each('w13.wado', ['/wado-rs'], ['wado'], { ends: 'refused' }),
  ...each('w15.retrieve_url', ['absent', 'null', 'foreign'], ['wado'], whole),
  ...each('w16.disabled', ['wado', 'qido'], ['wado']),
  ...each('w19.boundary', ['long', 'unquoted_spaces'], ['wado']), ...each('w19.part_type', ['misquoted', 'absent'], ['wado']), ...each('w19.part_syntax', ['absent'], ['wado']),
  ...each('w20.single_part', ['refused'], ['wado'], whole), ...each('w20.single_part', ['refused'], ['wado'], { what: 'instance', ...whole }),
  ...each('w26.absent', ['metadata', 'frames'], ['wado'], whole), ...each('w26.absent', ['series', 'instances'], ['wado']),
  ...each('w28.broken_off', ['on'], ['wado']), ...each('w28.drops', ['2'], ['wado']), ...each('w29.login_page', ['on'], ['wado']),
];

/// Switches of retrieving, and values of some, that are in no case, and why.
export const elsewhere = {
  'r2.without_bulk_data': 'without_bulk_data.test.mjs',
  'r2.frame_level': 'frame_level.test.mjs',
  'w27.cors': 'of browsers',
};
