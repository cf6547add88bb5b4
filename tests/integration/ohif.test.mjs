// OHIF, as its makers publish it, in Chromium: a study of an archive that speaks only DIMSE, opened through Pons.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { publicStudies, repository, startDcmqrscp } from './support/archives.mjs';
import { serveApplication, startBrowser } from './support/browser.mjs';
import { encode } from './support/client.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { run } from './support/processes.mjs';

const palette = join(repository, 'tests', 'data', 'pixels', 'us', 'examples_palette.dcm');
const artefacts = join(repository, 'build', 'ohif');
const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

let data, pons, ohif, browser, page;
before(async () => {
  data = await publicStudies();
  const archive = kept(await startDcmqrscp(data));
  await run('storescu', ['-aec', 'PACS', '127.0.0.1', `${archive.port}`, palette]);
  ohif = kept(await serveApplication(join(repository, 'tests/viewers/node_modules/@ohif/app/dist'), { '/app-config.js': settings }));
  pons = kept(await startPons({ http: { cors_origins: [ohif.url] },
    viewers: { ohif: { study_url: `${ohif.url}/viewer?StudyInstanceUIDs={study_uids}` } },
    sources: { pacs: sourceFor(archive, 'dimse', { quirks: { preset: 'dcmtk-qrscp' } }) } }));
  browser = kept(await startBrowser());
  page = browser.page;
  // The tour would stand before the image.
  await page.addInitScript(() => localStorage.setItem('shownTours', '["basicViewerTour"]'));
  await mkdir(artefacts, { recursive: true });
}, { timeout: 120000 });

// What docs/viewers.md says, and no more.
function settings() {
  return `window.config = ${JSON.stringify({ routerBasename: null, extensions: [], modes: [], customizationService: {}, showStudyList: true,
    investigationalUseDialog: { option: 'never' }, defaultDataSourceName: 'pons', dataSources: [{
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'pons', configuration: {
        friendlyName: 'Pons', name: 'pons', qidoRoot: `${pons.url}/dicomweb`, wadoRoot: `${pons.url}/dicomweb`,
        wadoUriRoot: `${pons.url}/wado`, qidoSupportsIncludeField: true, supportsFuzzyMatching: false, supportsWildcard: true,
        imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true,
        bulkDataURI: { enabled: true }, omitQuotationForMultipartRequest: true } }] })};`;
}

const studyOf = (test_) => data.truth.studies.find((study) => test_(study.attributes, study));
const uidOf = (study) => study.attributes.StudyInstanceUID;

/// Follows the link that an EHR has.
async function follow(uid) {
  browser.requests.length = 0;
  browser.complaints.length = 0;
  await page.goto(`${pons.url}/IHEInvokeImageDisplay?${encode([['requestType', 'STUDY'], ['studyUID', uid]])}`);
  assert.equal(page.url(), `${ohif.url}/viewer?StudyInstanceUIDs=${uid}`);
}

/// The same, and waits until an image is drawn. Gives what is known of the image on the screen.
async function openStudy(uid) {
  await follow(uid);
  // As many grey values as no border or text has.
  await page.waitForFunction(() => {
    const canvas = document.querySelector('canvas.cornerstone-canvas');
    if (!canvas || !canvas.width) return false;
    const { data: pixels } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let i = 0; i < pixels.length; i += 4) seen.add(`${pixels[i]} ${pixels[i + 1]} ${pixels[i + 2]}`);
    return seen.size > 16;
  }, null, { timeout: 60000 });
  return page.evaluate(() => {
    const [viewport] = window.cornerstone.getRenderingEngines().flatMap((engine) => engine.getViewports());
    const image = window.cornerstone.cache.getImage(viewport.getCurrentImageId());
    const pixels = image.getPixelData();
    return { imageId: image.imageId, rows: image.rows, columns: image.columns, color: image.color, type: pixels.constructor.name,
      pixels: Array.from(pixels) };
  });
}

/// Waits for as many thumbnails that show something.
const thumbnails = (wanted) => page.waitForFunction((n) => [...document.querySelectorAll('img')].filter((image) => {
  if (!/^(data:image|blob:)/.test(image.src) || !image.naturalWidth) return false;
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data: pixels } = context.getImageData(0, 0, canvas.width, canvas.height);
  return new Set(pixels.filter((_, i) => i % 4 === 0)).size > 8;
}).length >= n, wanted, { timeout: 60000 });

const ofPons = () => browser.requests.filter((r) => r.url.startsWith(pons.url));

/// Nothing that was asked of Pons failed, nothing was asked of anybody else, and the page had nothing to complain of.
function allIsWell() {
  for (const { url, status } of ofPons()) assert.ok(status >= 200 && status < 400, `${status} ${url}`);
  for (const { url } of browser.requests) {
    assert.ok(url.startsWith(pons.url) || url.startsWith(ohif.url) || /^(data|blob):/.test(url), url);
  }
  assert.deepEqual(browser.complaints, []);
}

test('the study list shows the studies of the archive', { timeout: 120000 }, async () => {
  await page.goto(ohif.url);
  const wrist = studyOf((a) => a.StudyDescription === 'LEFT WRIST');
  const row = page.getByRole('row').filter({ hasText: wrist.attributes.StudyDescription });
  await row.waitFor({ timeout: 60000 });
  const text = await row.innerText();
  assert.match(text, /DOE, J1/);
  assert.match(text, /16-Jul-2017/);
  assert.match(text, /\bMR\b/);
  await page.screenshot({ path: join(artefacts, 'study-list.png') });
  assert.ok(ofPons().length > 0);
  allIsWell();
});

test('a study is opened by an IHE IID link, and its images are drawn as they are stored', { timeout: 180000 }, async () => {
  const study = studyOf((a) => a.StudyDescription === 'LEFT WRIST');
  const image = await openStudy(uidOf(study));
  const uid = /\/instances\/([0-9.]+)\//.exec(image.imageId)[1];
  const stored = study.series.flatMap((s) => s.instances).find((i) => i.attributes.SOPInstanceUID === uid);
  const file = readFileSync(join(data.root, stored.file));
  const values = image.rows * image.columns;
  // Pixel Data is the last element of these files.
  const expected = new Uint16Array(file.buffer.slice(file.byteOffset + file.length - 2 * values, file.byteOffset + file.length));
  assert.deepEqual(image.pixels, Array.from(expected));
  await thumbnails(study.series.length);
  await page.screenshot({ path: join(artefacts, 'viewer.png') });
  assert.ok(ofPons().some(({ url }) => /\/frames\/1$/.test(url)));
  allIsWell();
});

test('the colours of a palette come as bulk data', { timeout: 180000 }, async () => {
  const rows = await (await fetch(`${pons.url}/dicomweb/studies?ModalitiesInStudy=US`)).json();
  const uid = rows.map((row) => row['0020000D'].Value[0]).find((one) => one.startsWith('1.3.46.670589.14.1000'));
  await openStudy(uid);
  // Grey with the palette left out.
  await page.waitForFunction(() => {
    const canvas = document.querySelector('canvas.cornerstone-canvas');
    const { data: pixels } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let blue = 0;
    for (let i = 0; i < pixels.length; i += 4) blue += pixels[i + 2] > pixels[i] + 30 ? 1 : 0;
    return blue > 10000;
  }, null, { timeout: 60000 });
  await page.screenshot({ path: join(artefacts, 'palette.png') });
  const asked = ofPons().filter(({ url }) => /\/bulkdata\/0028120[123]$/.test(url));
  assert.equal(new Set(asked.map(({ url }) => url)).size, 3);
  allIsWell();
});

test('a document comes as bulk data', { timeout: 180000 }, async () => {
  const study = studyOf((a, s) => s.series.some((e) => e.attributes.Modality === 'DOC'));
  await follow(uidOf(study));
  const [stored] = study.series.flatMap((s) => s.instances);
  const document_ = await page.waitForSelector('object[type="application/pdf"], embed[type="application/pdf"], iframe[src^="blob:"]',
    { state: 'attached', timeout: 60000 });
  const bytes = Buffer.from(await document_.evaluate(async (element) => {
    const answer = await fetch(element.data ?? element.src);
    return Array.from(new Uint8Array(await answer.arrayBuffer()));
  }));
  const file = readFileSync(join(data.root, stored.file));
  assert.ok(bytes.length > 10000);
  assert.equal(bytes.subarray(0, 5).toString(), '%PDF-');
  assert.ok(file.includes(bytes), 'the document is that of the file');
  await page.screenshot({ path: join(artefacts, 'document.png') });
  for (const { url, status } of ofPons()) assert.ok(status >= 200 && status < 400, `${status} ${url}`);
});
