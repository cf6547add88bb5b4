import { syntheticStudies } from './support/archives.mjs';
import { matrix } from './support/matrix.mjs';
import { peers } from './support/peers.mjs';

for (const face of Object.keys(peers)) matrix('synthetic archive', () => syntheticStudies({ studies: 120, seed: 7 }), face);
