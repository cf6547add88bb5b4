import { publicStudies } from './support/archives.mjs';
import { matrix } from './support/matrix.mjs';
import { peers } from './support/peers.mjs';

for (const face of Object.keys(peers)) matrix('public sample studies', publicStudies, face);
