// The quirk archive itself: with no quirk on it is a model archive, and each switch shows, to clients that no one here wrote.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { presets } from '../support/quirk_pacs/presets.mjs';
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
      const archive = await startQuirkPacs({ truth: sampleTruth });
      t.after(() => archive.close());
      const without = await look(archive);
      const other = await startQuirkPacs({ truth: sampleTruth, quirks: { [row.name]: value } });
      t.after(() => other.close());
      assert.deepEqual([without, await look(other)], [off, on]);
    });
  }
});
