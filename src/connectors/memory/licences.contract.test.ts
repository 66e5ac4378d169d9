import { describeLicenceContract, type LicenceHarness } from '../licences.contract.ts';
import { createSimpleSchema } from './simple-schema.ts';
import { createMemoryTarget } from './target.ts';

const LICENCES: LicenceHarness['licences'] = [
  { id: 'mail', name: 'MAIL', disabledParts: ['calendar', 'chat'] },
  { id: 'phone', name: null, disabledParts: [] },
  { id: 'rare', name: 'RARE', disabledParts: [] },
];

async function createHarness(): Promise<LicenceHarness> {
  const target = createMemoryTarget({ schema: createSimpleSchema() });
  target.setSeats('rare', 0);
  return {
    target,
    licences: LICENCES,
    createUser: async (name) => target.seed('user', { displayName: name }),
    license: async (id, licences) => target.license(id, licences),
    close: () => target.close(),
  };
}

describeLicenceContract('memory', createHarness);
