import { describe, expect, test } from 'vitest';
import {
  createDirectory,
  createMemoryLab,
  guid,
  type MemoryLab,
  user,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import type { ReadProblem } from '../connectors/connector.ts';

function unreadable(name: string, details: Partial<ReadProblem> = {}): ReadProblem {
  return { code: 'source-record-unreadable', anchor: guid(name), name, cause: `${name} is broken`, ...details };
}

async function told(lab: MemoryLab): Promise<readonly string[]> {
  return (await lab.findings()).map(({ code, object }) =>
    object === null ? code : object.name.replace('@contoso.com', ''),
  );
}

async function directory(): Promise<MemoryLab> {
  const lab = await createMemoryLab();
  for (const name of ['ann', 'bob']) lab.source.put(user(name));
  await lab.sync();
  return lab;
}

describe('an object that cannot be read', () => {
  test('in a read of changes stays told while others come and nothing of it does, and is over when it is read', async () => {
    const lab = await directory();
    lab.source.setProblems([unreadable('ann')]);
    await lab.sync();
    expect(await told(lab)).toEqual(['ann']);
    lab.source.setProblems([unreadable('bob')]);
    await lab.sync();
    expect(await told(lab)).toEqual(['ann', 'bob']);
    lab.source.setProblems([]);
    await lab.sync();
    expect(await told(lab)).toEqual(['ann', 'bob']);
    lab.source.edit(guid('ann'), { attributes: { title: 'Boss' } });
    await lab.sync();
    expect(await told(lab)).toEqual(['bob']);
    lab.source.remove(guid('bob'));
    await lab.sync();
    expect(await told(lab)).toEqual([]);
  });

  test('for one attribute stays told while other attributes change', async () => {
    const lab = await directory();
    lab.source.setProblems([unreadable('ann', { attribute: 'userAccountControl', value: 'on' })]);
    await lab.sync();
    lab.source.setProblems([]);
    lab.source.edit(guid('ann'), { attributes: { title: 'Boss' } });
    await lab.sync();
    expect(await told(lab)).toEqual(['ann']);
    lab.source.edit(guid('ann'), { attributes: { userAccountControl: 514n } });
    await lab.sync();
    expect(await told(lab)).toEqual([]);
  });

  test('and of which it is not known which it is stays told until everything is read', async () => {
    const lab = await createMemoryLab();
    lab.source.setProblems([unreadable('line 3', { anchor: null })]);
    await lab.sync();
    lab.source.setProblems([]);
    await lab.sync();
    expect(await told(lab)).toEqual(['line 3', 'source-deletions-withheld']);
    await lab.sync({ full: true });
    expect(await told(lab)).toEqual([]);
  });

  test('is told no more when its source is taken out of the configuration', async () => {
    const lab = await directory();
    const other = createDirectory('other');
    other.setProblems([unreadable('cem', { anchor: null })]);
    const { sources } = lab.context;
    lab.context = { ...lab.context, sources: [...sources, { connector: other, scope: WHOLE_DIRECTORY }] };
    await lab.sync();
    expect(await told(lab)).toEqual(['cem', 'source-deletions-withheld']);
    lab.context = { ...lab.context, sources };
    await lab.sync();
    expect(await told(lab)).toEqual([]);
  });
});
