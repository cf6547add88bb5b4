// Pons for those who speak only DIMSE, before archives that speak DICOMweb or DIMSE, against these archives asked by DIMSE
// themselves. Fails when an image or a match is missing, and when the memory of Pons grows by more than 64 MiB.
//
//   node bench/provider.mjs [rounds, default 1] [store] [find] [retrieve] [associations]      without a name: all
//
// A round of `store` and `retrieve` is a thousand images each way; the others have rounds of their own.
// PONS_BENCH_QUICK=1: little of everything, to see in a minute that it works.
import { loadavg } from 'node:os';
import { associations } from './provider/associations.mjs';
import { find } from './provider/find.mjs';
import { retrieve } from './provider/retrieve.mjs';
import { store } from './provider/store.mjs';

const parts = { store, find, retrieve, associations };
const wanted = process.argv.slice(2).filter((argument) => !/^\d+$/.test(argument));
const unknown = wanted.find((name) => !(name in parts));
if (unknown) throw new Error(`no part ${unknown}; there are: ${Object.keys(parts).join(' ')}`);
const rounds = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 1);
const quick = process.env.PONS_BENCH_QUICK === '1';

for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const before = loadavg()[0];
  await part({ rounds, quick });
  console.log(`load of ${name}: ${before.toFixed(1)} to ${loadavg()[0].toFixed(1)} on two cores`);
}
