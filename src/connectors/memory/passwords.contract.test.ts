import { pbkdf2Sync, randomBytes } from 'node:crypto';
import {
  describePasswordSourceContract,
  describePasswordTargetContract,
  type PasswordSourceHarness,
  type PasswordTargetHarness,
} from '../passwords.contract.ts';
import { createMemoryConnector } from './connector.ts';
import { ntHashOf } from './md4.ts';
import { createSimpleSchema } from './simple-schema.ts';
import { createMemoryTarget } from './target.ts';

async function createSource(): Promise<PasswordSourceHarness> {
  const connector = createMemoryConnector('corp');
  const { passwords } = connector;
  return {
    source: passwords,
    createAccount: async (name, password) => {
      connector.put({ anchor: name, type: 'user' });
      passwords.setPassword(name, password);
      return name;
    },
    setPassword: async (anchor, password) => passwords.setPassword(anchor, password),
    demandChange: async (anchor, mustChange) => passwords.edit(anchor, { mustChange }),
    disable: async (anchor) => passwords.edit(anchor, { isDisabled: true }),
    expire: async (anchor, expiresAt) => passwords.edit(anchor, { expiresAt }),
    remove: async (anchor) => connector.remove(anchor),
    foreignWatermark: 'passwords:9:1',
    hashOf: ntHashOf,
    close: () => connector.close(),
  };
}

/** As the tenant has it documented, and not as the product makes it. */
async function credentialOf(password: string): Promise<Uint8Array> {
  const salt = randomBytes(10);
  const hash = Buffer.from(ntHashOf(password)).toString('hex').toUpperCase();
  const key = pbkdf2Sync(Buffer.from(hash, 'utf16le'), salt, 1000, 32, 'sha256');
  return Buffer.from(`v1;PPH1_MD4,${salt.toString('hex')},1000,${key.toString('hex')};`, 'ascii');
}

async function createTarget(): Promise<PasswordTargetHarness> {
  const target = createMemoryTarget({ schema: createSimpleSchema() });
  return {
    target: target.passwordTarget,
    createUser: async (sourceAnchor) => target.seed('user', { sourceAnchor }),
    deleteUser: async (id) => target.tenant.remove(id),
    setMayForceChange: async (mayForceChange) => target.passwordTarget.setFeatures({ mayForceChange }),
    signIn: async (id, password) => {
      const answer = target.passwordTarget.signIn(id, password);
      return answer === 'welcome' || answer === 'must-change' ? answer : 'refused';
    },
    credentialOf,
    close: () => target.close(),
  };
}

describePasswordSourceContract('memory', createSource);
describePasswordTargetContract('memory', createTarget);
