// The quirk archive itself: with no quirk on it is a model archive, and each switch shows, to clients that no one here wrote.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { writeDataSet } from '../support/dimse_js/data_set.mjs';
import { commands, Link } from '../support/dimse_js/upper_layer.mjs';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { Model } from '../support/quirk_pacs/model.mjs';
import { presets } from '../support/quirk_pacs/presets.mjs';
import { matching, Query } from '../support/quirk_pacs/query.mjs';
import { quirkTable, rows } from '../support/quirk_pacs/quirks.mjs';
import { sampleTruth } from '../support/quirk_pacs/sample.mjs';
import { repository } from './support/archives.mjs';
import { echo, find } from './support/dcmtk_clients.mjs';
import { demonstrations, root } from './support/quirk_demonstrations.mjs';
import { removeFolder, run, start, temporaryFolder, until } from './support/processes.mjs';

const folder = join(repository, 'tests', 'support', 'quirk_pacs');
const elsewhere = ['n9.tls', 'n9.tls_version'];  // shown by tests of their own

describe('each switch', { concurrency: 3, timeout: 300000 }, () => {
  const chosen = new RegExp(process.env.QUIRKS ?? '');
  for (const row of rows.filter(({ name }) => !elsewhere.includes(name) && chosen.test(name))) {
    test(`${row.name}: ${row.says}`, async (t) => {
      assert.ok(demonstrations[row.name], 'it is shown');
      const [look, off, on, value = row.on] = demonstrations[row.name];
      assert.notDeepEqual(off, on);
      const archive = await startQuirkPacs({ truth: sampleTruth });
      t.after(() => archive.close());
      const without = await look(archive);
      const other = await startQuirkPacs({ truth: sampleTruth, quirks: { [row.name]: value } });
      t.after(() => other.close());
      assert.deepEqual([without, await look(other)], [off, on]);
    });
  }
});

describe('with no quirk it is a model archive', { timeout: 120000 }, () => {
  const numbers = (list) => list.map((uid) => uid.slice(root.length + 1)).sort().join(' ');
  const cases = [  // keys, and the studies that PS3.4 §C.2.2.2 says
    [{}, '1 2 3 4 5 6'],
    [{ PatientID: 'P1' }, '1 2'],
    [{ PatientID: 'p1' }, ''],
    [{ PatientName: 'DOE^JANE' }, '1 2'],
    [{ PatientName: 'Doe' }, ''],
    [{ PatientName: 'D?E*' }, '1 2 4'],
    [{ PatientName: 'Müller*' }, '3'],
    [{ PatientName: '小林*' }, '5'],
    [{ StudyInstanceUID: [`${root}.1`, `${root}.3`, '1.2.3'] }, '1 3'],
    [{ StudyDate: '20240310' }, '1 4'],
    [{ StudyDate: '20240310-' }, '1 2 4'],
    [{ StudyDate: '-20230105' }, '3 6'],
    [{ StudyDate: '20230101-20231231' }, '3'],
    [{ StudyTime: '1015' }, '4'],
    [{ StudyTime: '10-12' }, '3 4'],
    [{ ModalitiesInStudy: 'MR' }, '2 6'],
    [{ AccessionNumber: 'A?' }, '1 2 3 4 6'],
    [{ AccessionNumber: '*' }, '1 2 3 4 5 6'],
    [{ StudyDescription: 'CHEST', PatientID: 'P5' }, '6'],
    [{ NumberOfStudyRelatedInstances: '4' }, '2'],
    [{ StudyInstanceUID: ['1.2.3'] }, ''],
  ];
  for (const [keys, expected] of cases) {
    test(`${JSON.stringify(keys)}: ${expected || 'none'}`, async (t) => {
      const archive = await startQuirkPacs({ truth: sampleTruth });
      t.after(() => archive.close());
      const joined = (by) => Object.entries(keys).map(([name, value]) => [name, Array.isArray(value) ? value.join(by) : value]);
      const unasked = keys.StudyInstanceUID ? [] : ['StudyInstanceUID'];
      const answer = await find(archive, ['SpecificCharacterSet=ISO_IR 192', ...unasked, ...joined('\\').map((pair) => pair.join('='))]);
      assert.equal(answer.status, '0000');
      assert.equal(numbers(answer.rows.map((row) => row['(0020,000d)'])), expected);
      const listed = await (await fetch(`${archive.url}/studies?${new URLSearchParams(joined(','))}`)).json();
      assert.equal(numbers(listed.map((row) => row['0020000D'].Value[0])), expected);
    });
  }

  test('the levels of both roots, and what is not at a level', async (t) => {
    const archive = await startQuirkPacs({ truth: sampleTruth });
    t.after(() => archive.close());
    const study = `StudyInstanceUID=${root}.1`;
    const looks = [[[], { root: '-P', level: 'PATIENT' }, 5], [['PatientID=P1'], { root: '-P' }, 2], [[], { root: '-P' }, 'A900'], [[study], { level: 'SERIES' }, 2],
      [[study, `SeriesInstanceUID=${root}.1.1`], { level: 'IMAGE' }, 2], [[study], { level: 'IMAGE' }, 'A900'], [[], { level: 'PATIENT' }, 5], [[], { level: 'NONE' }, 'A900']];
    for (const [keys, options, expected] of looks) {
      const answer = await find(archive, keys, options);
      assert.equal(typeof expected === 'string' ? answer.status : answer.rows.length, expected, JSON.stringify([keys, options]));
    }
    const web = async (path) => (await (await fetch(`${archive.url}${path}`)).json()).length;
    assert.deepEqual([await web('/series?Modality=CT'), await web('/instances'), await web(`/studies/${root}.1/instances`), await web(`/studies/${root}.1/series/${root}.1.2/instances`)], [3, 12, 3, 1]);
  });

  test('what was negotiated: relational queries, combined date and time', async (t) => {
    const archive = await startQuirkPacs({ truth: sampleTruth });
    t.after(() => archive.close());
    const [uid, explicit] = ['1.2.840.10008.5.1.4.1.2.2.1', '1.2.840.10008.1.2.1'];
    const ask = async (bits, keys) => {
      const link = new Link(createConnection(archive.dimsePort, '127.0.0.1'));
      const answered = await link.request(archive.aet, 'TEST', [[uid, explicit]], [[uid, Buffer.from(bits)]]);
      const query = writeDataSet(new Map(keys.map(([tag, vr, text]) => [tag, { vr, bytes: Buffer.from(text) }])), explicit);
      await link.send(1, { affectedSopClass: uid, command: commands.findRq, messageId: 1, priority: 0 }, { pieces: [query], length: query.length });
      const statuses = [];
      do statuses.push((await link.message()).command.status); while (statuses.at(-1) === 0xff00);
      await link.release();
      return [[...answered[0][1]].join(''), statuses.length - 1, statuses.at(-1).toString(16)];
    };
    const series = [[0x00080052, 'CS', 'SERIES'], [0x00080060, 'CS', 'CT'], [0x0020000e, 'UI', '']];
    assert.deepEqual(await ask([1, 0, 0, 0], series), ['1000', 3, '0']);
    assert.deepEqual(await ask([0, 0, 0, 0], series), ['0000', 0, 'a900']);
    const night = [[0x00080020, 'DA', '20240310-20240311'], [0x00080030, 'TM', '230000-010000'], [0x00080052, 'CS', 'STUDY']];
    assert.deepEqual(await ask([0, 1, 0, 0], night), ['0100', 2, '0']);
    assert.deepEqual(await ask([0, 0, 0, 0], night), ['0000', 0, '0']);
    archive.set('f8.relational', 'never');
    assert.deepEqual(await ask([1, 0, 0, 0], series), ['0000', 0, 'a900']);
  });

  test('XML says what JSON says', async (t) => {
    const archive = await startQuirkPacs({ truth: sampleTruth });
    t.after(() => archive.close());
    const answer = await fetch(`${archive.url}/studies?PatientID=P4`, { headers: { Accept: 'multipart/related; type="application/dicom+xml"' } });
    assert.match(answer.headers.get('content-type'), /^multipart\/related; type="application\/dicom\+xml"/);
    assert.match(await answer.text(), /<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1"><Alphabetic><FamilyName>Kobayashi<\/FamilyName>.*<Ideographic><FamilyName>小林</);
  });

  test('metadata and frames', async (t) => {
    const archive = await startQuirkPacs({ truth: sampleTruth });
    t.after(() => archive.close());
    const instance = `/studies/${root}.3/series/${root}.3.1/instances/${root}.3.1.1`;
    const [metadata] = await (await fetch(`${archive.url}${instance}/metadata`)).json();
    assert.deepEqual(metadata['00100010'], { vr: 'PN', Value: [{ Alphabetic: 'Müller^Jörg' }] });
    assert.equal((await fetch(`${archive.url}${instance}/frames/1`)).status, 404);  // it is made of attributes and has no pixels
  });
});

test('what is looked up finds what reading everything finds, in the same order', () => {
  const model = new Model(sampleTruth);
  const late = (number, StudyDate) => ({ attributes: { StudyInstanceUID: `${root}.${number}`, StudyDate }, series: [] });
  const dates = ['', '-', '*', '""', '20240310', ' 20240310', '2024.03.10', '202403', '20240310-', '-20240310', '20240310-20240311', '202403-202403', '20240311-20240310',
    '20191231\\20240311', '2024*', '99999999-'];
  const uids = ['', '*', '""', `${root}.2`, `${root}.4\\${root}.1`, ` ${root}.1\\${root}.1`, `${root}.*`, '1.2.3'];
  const compare = () => {
    let found = 0;
    for (const level of ['PATIENT', 'STUDY', 'SERIES', 'IMAGE']) {
      for (const date of dates) {
        for (const uid of uids) {
          for (const change of [{}, { several: 'or' }, { how: { emptyIsEmpty: true } }, { how: { emptyValues: true } }, { how: { combined: 'combined' } }]) {
            const query = new Query({ level, keys: new Map([['StudyDate', date], ['StudyTime', '100000-'], ['StudyInstanceUID', uid]]), several: change.several ?? 'refused' });
            Object.assign(query.how, change.how);
            const looked = matching(model, query);
            assert.deepEqual(looked, matching(Object.create(model, { among: { value: (at) => model[at] } }), query), JSON.stringify([level, date, uid, change]));
            found += looked.length;
          }
        }
      }
    }
    return found;
  };
  const before = compare();
  for (const study of [late(7, '20240310'), late(8, '20180101'), late(9, ''), late(10, ['20240311', '20240401'])]) model.add(study);
  assert.ok(before > 0 && compare() > before);
});

test('every request stands in the log, with what was sent and how many were open', async (t) => {
  const archive = await startQuirkPacs({ truth: sampleTruth });
  t.after(() => archive.close());
  let held;
  const both = new Promise((resolve) => { held = resolve; });
  let waiting = 0;
  archive.before = () => { if (++waiting === 2) held(); return both; };
  await Promise.all([find(archive, ['PatientName=Q*']), find(archive, ['PatientID=P1'])]);
  archive.before = undefined;
  await fetch(`${archive.url}/studies?PatientID=P1&FooBar=1`);
  assert.equal(archive.log.mostAtOnce, 2);
  assert.equal(archive.log.searches.length, 3);
  const [first] = archive.log.of('C-FIND').filter(({ keys }) => keys.PatientName);
  assert.deepEqual([first.root, first.level, first.keys, first.rows, first.status, first.calling], ['study', 'STUDY', { PatientName: 'Q*' }, 1, '0000', 'FINDSCU']);
  const [get] = archive.log.of('GET');
  assert.deepEqual([get.path, get.keys, get.unknown, get.rows, get.status], ['/studies', { PatientID: 'P1' }, ['FooBar'], 2, 200]);
  assert.equal(archive.log.of('A-ASSOCIATE').length, 2);
});

test('switches change while it runs', async (t) => {
  const archive = await startQuirkPacs({ truth: sampleTruth });
  t.after(() => archive.close());
  const count = async () => (await (await fetch(`${archive.url}/studies`)).json()).length;
  assert.equal(await count(), 6);
  archive.set('f11.cap', 2);
  assert.equal(await count(), 2);
  archive.reset();
  assert.equal(await count(), 6);
  assert.throws(() => archive.set('f11.cap', 'many'), /f11.cap=many: a whole number is wanted/);
  assert.throws(() => archive.set('f99.none', '1'), /no quirk "f99.none"/);
});

test('each preset can be started with', async () => {
  for (const { name, quirks } of presets) {
    const archive = await startQuirkPacs({ truth: sampleTruth, preset: name });
    assert.equal(archive.switches.on().length, Object.keys(quirks).length, name);
    assert.equal((await echo(archive)).status, '0000', name);
    await archive.close();
  }
});

test('over TLS', async (t) => {
  const made = temporaryFolder('tls');
  t.after(() => removeFolder(made));
  const [key, certificate] = [join(made, 'key.pem'), join(made, 'certificate.pem')];
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1', '-days', '2', '-keyout', key, '-out', certificate]);
  for (const [quirks, expected] of [[{ 'n9.tls': `${key},${certificate}` }, '0000'], [{ 'n9.tls': `${key},${certificate},${certificate}` }, undefined]]) {
    const archive = await startQuirkPacs({ truth: sampleTruth, quirks });
    assert.equal((await echo(archive, ['+tla', '+cf', certificate])).status, expected, JSON.stringify(quirks));
    assert.equal((await echo(archive)).status, undefined);
    if (!expected) assert.equal((await echo(archive, ['+tls', key, certificate, '+cf', certificate])).status, '0000');
    await archive.close();
  }
  const old = await startQuirkPacs({ truth: sampleTruth, quirks: { 'n9.tls': `${key},${certificate}`, 'n9.tls_version': 'TLSv1.3' } });
  assert.equal((await echo(old, ['+tla', '+cf', certificate, '+py', '+pt'])).status ?? 'refused', 'refused');
  await old.close();
});

describe('the program', { timeout: 60000 }, () => {
  const program = join(folder, 'main.mjs');
  test('answers, and writes its log', async (t) => {
    const made = temporaryFolder('quirk');
    t.after(() => removeFolder(made));
    writeFileSync(join(made, 'truth.json'), JSON.stringify(sampleTruth));
    const log = join(made, 'requests.jsonl');
    const started = start('node', [program, '--truth', join(made, 'truth.json'), '--dimse', '0', '--http', '0', '--quirk', 'f11.cap=2', '--preset', 'dcmqrscp-like', '--log', log]);
    await until(() => started.output.includes('\n'), { what: 'the quirk archive', started });
    const said = JSON.parse(started.output);
    assert.deepEqual(said.quirks.slice(-1), ['f11.cap=2']);
    const answer = await find({ aet: said.aet, dimsePort: said.dimse }, ['StudyInstanceUID']);
    assert.equal(answer.rows.length, 2);
    assert.equal((await (await fetch(`${said.http}/studies`)).json()).length, 2);
    assert.equal((await started.stop()).code, 0);
    const lines = readFileSync(log, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ verb }) => verb), ['A-ASSOCIATE', 'C-FIND', 'GET']);
  });
  test('says what is wrong with its options', async () => {
    for (const [args, pattern] of [[['--quirk', 'f11.cap=x', '--dimse', '0'], /f11.cap=x: a whole number is wanted/], [['--preset', 'none', '--http', '0'], /no preset "none"/], [[], /--dimse or --http is wanted/],
      [['--dimse', 'x'], /a port is wanted/]]) {
      const { code } = await start('node', [program, ...args]).ended.then((ended) => ended);
      assert.equal(code, 2);
      await assert.rejects(run('node', [program, ...args]), pattern);
    }
  });
  test('tells its options', async () => {
    assert.match(await run('node', [program, '--help']), /--quirk NAME=VALUE/);
    assert.equal((await run('node', [program, '--list-quirks'])).trim(), quirkTable().trim());
  });
});

test('README.md has the table of switches as the program prints it', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const [, table] = /<!-- table: begin -->\n([^]*)<!-- table: end -->/.exec(readme);
  assert.equal(table.trim(), quirkTable().trim());
});

test('the table is whole: ids, words, and a switch once', () => {
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
  for (const row of rows) {
    assert.match(row.id, /^[FVNRTW]\d+$/);
    assert.match(row.name, new RegExp(`^${row.id.toLowerCase()}\\.[a-z0-9_]+$`));
    for (const word of [row.says, row.seen, row.values.shown]) assert.ok(word, row.name);
  }
  for (const [letter, most] of [['F', 27], ['V', 10], ['N', 10], ['R', 16], ['T', 4]])
    for (let n = 1; n <= most; ++n) assert.ok(rows.some(({ id }) => id === `${letter}${n}`), `${letter}${n}`);
});
