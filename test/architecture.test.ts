import { describe, expect, test } from 'vitest';
import {
  type Breach,
  findCircles,
  findForbiddenImports,
  findForbiddenPackages,
  importersOf,
  isTestFile,
  type Package,
  type Place,
} from './architecture/import-rules.ts';
import { findForbiddenForms, findForbiddenNames } from './architecture/names.ts';
import { findLostPaths } from './architecture/papers.ts';
import { findMachineTraces, readProject } from './architecture/project-files.ts';
import { readSourceFiles, type SourceTree } from './architecture/source-file.ts';

const CONTRACTS = ['connector contract', 'store contract'];
const GROUND = ['model', 'errors', 'log'];
const PRODUCT = [
  'config',
  'connector list',
  'connector decorators',
  'rules',
  'engine',
  'store',
  ...CONTRACTS,
  ...GROUND,
];
const AROUND = ['migration', 'passwords', 'readiness', 'health', 'scheduler'];

/** Who may import what. A place that is not there yet has its row already, so that it is right from its first file on. */
const PERMITTED: readonly Place[] = [
  { name: 'errors', at: 'src/errors.ts', may: [], because: 'everybody stands on it' },
  { name: 'log', at: 'src/log.ts', may: [], because: 'everybody stands on it' },
  { name: 'model', at: 'src/model/', may: ['errors'], because: 'the nouns know nobody who uses them' },
  {
    name: 'config',
    at: 'src/config.ts',
    may: ['errors', 'config parts'],
    because: 'what kinds there are is handed in',
  },
  { name: 'config parts', at: 'src/config/', may: ['errors'], because: 'they belong to reading the configuration' },
  { name: 'rules', at: 'src/rules/', may: ['model', 'errors'], because: 'rules are pure: same input, same values' },
  {
    name: 'connector contract',
    at: 'src/connectors/connector.ts',
    may: ['model', 'errors'],
    because: 'a contract that knows its users or its implementations begins a circle',
  },
  {
    name: 'connector list',
    at: 'src/connectors/all.ts',
    may: ['connector contract', 'connectors'],
    because: 'it is the one place where connectors are listed',
  },
  {
    name: 'connectors',
    at: 'src/connectors/*/',
    may: ['connector contract', ...GROUND],
    because: 'a connector speaks one protocol and judges nothing: no other connector, no store, no engine',
  },
  {
    name: 'connector decorators',
    at: 'src/connectors/',
    may: ['connector contract', ...GROUND],
    because: 'what they add goes for every connector',
  },
  {
    name: 'store contract',
    at: 'src/store/store.ts',
    may: ['model', 'store contract'],
    because: 'the engine must not learn how things are stored',
  },
  {
    name: 'store contract',
    at: 'src/store/password-store.ts',
    may: ['model'],
    because: 'the part of it about passwords: whoever synchronizes them must not learn how things are stored',
  },
  { name: 'store', at: 'src/store/', may: ['store contract', ...GROUND], because: 'it remembers and decides nothing' },
  {
    name: 'engine',
    at: 'src/engine/',
    may: ['rules', ...CONTRACTS, ...GROUND],
    because: 'the verbs know contracts only, so that every directory and every store fits',
  },
  { name: 'passwords', at: 'src/passwords/', may: [...CONTRACTS, ...GROUND], because: 'a flow of its own' },
  { name: 'readiness', at: 'src/readiness/', may: ['store contract', 'model', 'errors'], because: 'it only looks' },
  { name: 'health', at: 'src/health/', may: ['store contract', 'model', 'errors'], because: 'it only looks' },
  {
    name: 'scheduler',
    at: 'src/scheduler/',
    may: ['engine', 'passwords', 'health', 'store contract', 'model', 'errors', 'log'],
    because: 'it says when, not what',
  },
  {
    name: 'migration',
    at: 'src/migration/',
    may: ['rules', 'config', 'model', 'errors'],
    because:
      'it turns files into files and values: what others exported and what we export; it knows no directory and no store',
  },
  {
    name: 'app',
    at: 'src/app.ts',
    may: ['parts of app', ...PRODUCT, ...AROUND],
    because: 'it puts everything together',
  },
  {
    name: 'parts of app',
    at: 'src/app/',
    may: [...PRODUCT.filter((one) => one !== 'connector list'), ...AROUND],
    because: 'they put together what app.ts hands them: it alone knows which connectors there are',
  },
  { name: 'api contract', at: 'src/api/contract.ts', may: ['model'], because: 'the dashboard reads its types' },
  {
    name: 'api server',
    at: 'src/api/server.ts',
    may: ['api', 'api contract', 'app', 'model', 'errors'],
    because: 'HTTP shows what the app can do and adds nothing',
  },
  {
    name: 'api',
    at: 'src/api/',
    may: ['api contract', 'app', 'model', 'errors'],
    because: 'HTTP shows what the app can do and adds nothing',
  },
  {
    name: 'cli',
    at: 'src/cli/',
    may: ['app', 'api server', 'model', 'errors'],
    because: 'the command line shows what the app can do and adds nothing',
  },
  {
    name: 'web',
    at: 'web/',
    may: ['api contract'],
    typesOnly: true,
    because: 'the dashboard knows the product by its HTTP contract alone',
  },
  {
    name: 'emulator',
    at: 'emulator/',
    may: [],
    because: 'a tenant that shared our code would share our mistakes',
  },
  {
    name: 'scripts',
    at: 'scripts/',
    may: [],
    computes: ['scripts/node-version.mjs'],
    because: 'they run on any Node from 20 on, before anything is installed',
  },
  { name: 'bin', at: 'bin/', may: ['scripts'], because: 'they find the right Node first' },
  { name: 'tests', at: 'test/', may: 'anything', because: 'they try the whole' },
  { name: 'docs', at: 'docs/', may: 'anything', because: 'its reference pages are made from tables of the product' },
  { name: 'bench', at: 'bench/', may: 'anything', because: 'it measures the whole' },
  { name: 'examples', at: 'examples/', may: 'anything', because: 'they show the whole' },
];

const OUTSIDE = ['node:net', 'node:tls', 'node:http', 'node:https', 'node:dgram', 'node:child_process'] as const;
const CAPTURE_SOCKET = ['capture-server.ts', 'read-into.ts', 'socket-place.ts'].map(
  (file) => `src/passwords/capture/${file}`,
);
const WITH_TOOLS = ['test/', 'bench/', 'docs/', 'examples/', 'emulator/', 'scripts/', 'bin/'];

/** Packages that only one place may know. */
const PACKAGES: readonly Package[] = [
  { name: 'ldapts', only: ['src/connectors/ad/', 'test/', 'bench/'], because: 'LDAP is spoken in one place' },
  { name: '@azure/msal-node', only: ['src/connectors/entra/', 'test/'], because: 'sign-in happens in one place' },
  ...['@peculiar/asn1-schema', '@peculiar/asn1-x509'].map((name) => ({
    name,
    only: ['src/rules/expression/functions/'],
    because: 'certificates are looked into by rules alone',
  })),
  { name: 'csv-parse', only: ['src/connectors/file/'], because: 'files are read in one place' },
  { name: 'node:sqlite', only: ['src/store/sqlite.ts', 'test/', 'bench/'], because: 'a driver is one thin file' },
  { name: 'saxes', only: ['src/migration/'], because: 'only the files of Azure AD Connect are XML' },
  { name: 'pino', only: ['src/log.ts'], because: 'everybody else knows the Log type alone' },
  {
    name: 'commander',
    only: ['src/cli/', 'emulator/main.ts', 'test/', 'bench/', 'examples/'],
    because: 'only a command line has arguments',
  },
  { name: 'cli-progress', only: ['src/cli/', 'bench/'], because: 'only a command line has a terminal' },
  ...OUTSIDE.map((name) => ({
    name,
    only: [
      'src/connectors/',
      'src/api/',
      'src/scheduler/',
      'src/cli/',
      // The socket that domain controllers hand new passwords over to.
      ...(name === 'node:net' ? CAPTURE_SOCKET : []),
      ...WITH_TOOLS,
    ],
    because: 'model, rules, store and engine speak to nobody outside',
  })),
  {
    name: 'node:fs',
    only: [
      'src/config.ts',
      'src/rules/',
      'src/migration/',
      'src/store/',
      'src/connectors/',
      'src/scheduler/standby/pair-folder.ts',
      ...CAPTURE_SOCKET,
      'src/api/',
      'src/cli/',
      ...WITH_TOOLS,
    ],
    because: 'model and engine read no files',
  },
];

/** Files that can be found in 16 lines; the 17th is a sign that two belong together. */
const MOST_ENTRIES_OF_SRC = 16;

function tell(breaches: readonly Breach[]): readonly string[] {
  return breaches.map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

function treeOf(files: Readonly<Record<string, string>>): SourceTree {
  return new Map(Object.entries(files));
}

describe('the house', () => {
  const project = readProject();
  const files = readSourceFiles(project).filter((file) => file.path.includes('/'));
  const ours = files.filter((file) => file.path.startsWith('src/'));

  test('is read at all', () => {
    expect(ours.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(500);
  });

  test('imports only what the table permits', () => {
    expect(tell(findForbiddenImports(PERMITTED, files))).toEqual([]);
  });

  test('knows each package in its place only', () => {
    expect(tell(findForbiddenPackages(PACKAGES, files))).toEqual([]);
  });

  test('imports no package that package.json does not name', () => {
    const described = JSON.parse(project.get('package.json') ?? '{}') as Readonly<Record<string, object>>;
    const shipped = Object.keys(described['dependencies'] ?? {});
    const named = [...shipped, ...Object.keys(described['devDependencies'] ?? {})];
    const unknown = files.flatMap((file) =>
      file.imports
        .filter((one) => one.isPackage && !one.target?.startsWith('node:') && !named.includes(one.target ?? ''))
        .map((one) => `${file.path}:${one.line} ${one.target}`),
    );
    expect(unknown).toEqual([]);
  });

  test('gives its scripts nothing to install first', () => {
    const packages = files
      .filter((file) => /^(scripts|bin)\//.test(file.path))
      .flatMap((file) => file.imports.map((one) => ({ file: file.path, ...one })))
      .filter((one) => one.isPackage && !one.target?.startsWith('node:'));
    expect(packages).toEqual([]);
  });

  test('has no circle of imports', () => {
    expect(findCircles(files)).toEqual([]);
  });

  test('names concrete connectors in their list and stores in app.ts alone', () => {
    const connectors = new Set(files.map((file) => /^src\/connectors\/[^/]+\//.exec(file.path)?.[0] ?? ''));
    connectors.delete('');
    expect(connectors.size).toBeGreaterThan(2);
    for (const connector of connectors) {
      const named = importersOf(connector, ours);
      expect(named.filter((path) => path !== 'src/connectors/all.ts')).toEqual([]);
    }
    expect(importersOf('src/connectors/all.ts', ours)).toEqual(['src/app.ts']);
    const stores = importersOf('src/store/sqlite.ts', ours).filter((path) => !path.startsWith('src/store/'));
    expect(stores).toEqual(['src/app.ts']);
  });

  test('has no name that says nothing, no barrel, and files in kebab-case', () => {
    expect(tell(findForbiddenNames(files))).toEqual([]);
  });

  test('has no default export, no any, and no silenced compiler', () => {
    expect(tell(findForbiddenForms(files))).toEqual([]);
  });

  test('opens on few doors', () => {
    const entries = new Set(ours.map((file) => file.path.split('/')[1]?.replace(/\.test\.ts$/, '.ts')));
    expect(entries.size).toBeLessThanOrEqual(MOST_ENTRIES_OF_SRC);
  });

  test('holds no path of a machine and no host of a registry', () => {
    expect(tell(findMachineTraces(project))).toEqual([]);
  });

  test('is what its papers say: every path and link in them is there', () => {
    const papers = [...project.keys()].filter((path) => path.endsWith('.md'));
    expect(papers).toContain('ARCHITECTURE.md');
    expect(tell(findLostPaths(project, papers))).toEqual([]);
  });
});

describe('the check of imports', () => {
  const breaches = (files: Readonly<Record<string, string>>): readonly string[] =>
    tell(findForbiddenImports(PERMITTED, readSourceFiles(treeOf(files))));

  test('lets pass what the table permits', () => {
    expect(
      breaches({
        'src/errors.ts': 'export class DirbridgeError extends Error {}',
        'src/model/dn.ts': "import { DirbridgeError } from '../errors.ts';",
        'src/model/anchor.ts': "import { splitDn } from './dn.ts';",
        'src/engine/run.ts': "import type { Dn } from '../model/dn.ts';",
      }),
    ).toEqual([]);
  });

  test('sees an import upward, with the reason', () => {
    const found = breaches({
      'src/model/dn.ts': "\nimport { runCycle } from '../engine/run.ts';",
      'src/engine/run.ts': '',
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('src/model/dn.ts:2 imports src/engine/run.ts (engine); model may import errors:');
  });

  test.each([
    ['for types', "import type { A } from '../app.ts';"],
    ['that is dynamic', "const app = await import('../app.ts');"],
    ['in a type', "let app: import('../app.ts').App;"],
    ['for its effect', "import '../app.ts';"],
    ['of several lines', "import {\n  a, // from here\n  b as c,\n} from '../app.ts';"],
    ['that is passed on', "export { a } from '../app.ts';"],
    ['of which all is passed on', "export * as app from '../app.ts';"],
    ['of which types are passed on', "export type { A } from '../app.ts';"],
    ['behind texts that look like comments', "const a = 'https://x'; const b = /[\"'`/]/; import x from '../app.ts';"],
    ['within a template', `const a = \`b $\{\`c $\{await import('../app.ts')}\`} d\`;`],
  ])('sees an import %s', (_form, line) => {
    expect(breaches({ 'src/engine/run.ts': line, 'src/app.ts': '' })).toHaveLength(1);
  });

  test.each([
    ['comment', "// import x from '../app.ts';\n/* import '../app.ts'; */"],
    ['text', "const a = \"import x from '../app.ts'\"; const b = `import '../app.ts'`;"],
    ['member of that name', "const a = importer.import('../app.ts'); const b = import.meta.dirname;"],
  ])('sees no import in a %s', (_form, line) => {
    expect(breaches({ 'src/engine/run.ts': line, 'src/app.ts': '' })).toEqual([]);
  });

  test('sees a connector that knows another one, the store or the engine', () => {
    const found = breaches({
      'src/connectors/ad/connector.ts':
        "import '../file/csv.ts';\nimport '../../store/store.ts';\nimport '../../engine/run.ts';\nimport './ldap/a.ts';",
      'src/connectors/ad/ldap/a.ts': "import '../../connector.ts';",
      'src/connectors/file/csv.ts': '',
      'src/connectors/connector.ts': '',
      'src/store/store.ts': '',
      'src/engine/run.ts': '',
    });
    expect(found.map((line) => line.split(' ')[2])).toEqual([
      'src/connectors/file/csv.ts',
      'src/store/store.ts',
      'src/engine/run.ts',
    ]);
  });

  test('sees a dashboard that takes more than types from the contract', () => {
    const contract = { 'src/api/contract.ts': '' };
    expect(breaches({ ...contract, 'web/api.ts': "import type { Plan } from '../src/api/contract.ts';" })).toEqual([]);
    expect(breaches({ ...contract, 'web/api.ts': "import { PLAN } from '../src/api/contract.ts';" })).toHaveLength(1);
  });

  test('lets a test import anything, but nobody a test', () => {
    expect(breaches({ 'src/model/dn.test.ts': "import '../app.ts';", 'src/app.ts': '' })).toEqual([]);
    expect(breaches({ 'src/app.ts': "import './model/dn.test.ts';", 'src/model/dn.test.ts': '' })).toHaveLength(1);
  });

  test('sees files without a place, imports of files that are not there, and imports that are computed', () => {
    expect(breaches({ 'src/plugins/x.ts': '' })).toHaveLength(1);
    expect(breaches({ 'src/app.ts': "import './gone.ts';" })).toHaveLength(1);
    expect(breaches({ 'src/app.ts': 'await import(name);' })).toHaveLength(1);
  });

  test('sees a package in the wrong place', () => {
    const files = readSourceFiles(
      treeOf({
        'src/engine/plan.ts': "import { Client } from 'ldapts';\nimport { readFile } from 'node:fs/promises';",
        'src/connectors/ad/connector.ts': "import { Client } from 'ldapts';",
      }),
    );
    expect(findForbiddenPackages(PACKAGES, files).map((one) => `${one.file}:${one.line}`)).toEqual([
      'src/engine/plan.ts:1',
      'src/engine/plan.ts:2',
    ]);
  });

  test('sees who names a store besides app.ts', () => {
    const files = readSourceFiles(
      treeOf({
        'src/app.ts': "import './store/sqlite.ts';",
        'src/cli/main.ts': "import '../store/sqlite.ts';",
        'src/store/sqlite.ts': '',
      }),
    );
    expect(importersOf('src/store/sqlite.ts', files)).toEqual(['src/app.ts', 'src/cli/main.ts']);
  });
});

describe('the search for circles', () => {
  const circles = (files: Readonly<Record<string, string>>): readonly (readonly string[])[] =>
    findCircles(readSourceFiles(treeOf(files)));

  test('finds a circle of three files, also of types', () => {
    expect(
      circles({
        'src/a.ts': "import './b.ts';",
        'src/b.ts': "import type { C } from './c.ts';",
        'src/c.ts': "export { a } from './a.ts';",
      }),
    ).toEqual([['src/a.ts', 'src/b.ts', 'src/c.ts', 'src/a.ts']]);
  });

  test('finds a file that imports itself', () => {
    expect(circles({ 'src/a.ts': "import './a.ts';" })).toEqual([['src/a.ts', 'src/a.ts']]);
  });

  test('does not take two ways to one file for a circle', () => {
    expect(
      circles({
        'src/a.ts': "import './b.ts';\nimport './c.ts';",
        'src/b.ts': "import './d.ts';",
        'src/c.ts': "import './d.ts';",
        'src/d.ts': '',
      }),
    ).toEqual([]);
  });
});

describe('the check of names and forms', () => {
  const names = (path: string, text = ''): readonly string[] =>
    tell(findForbiddenNames(readSourceFiles(treeOf({ [path]: text }))));
  const forms = (text: string): readonly string[] =>
    tell(findForbiddenForms(readSourceFiles(treeOf({ 'src/a.ts': text }))));

  test.each([
    'src/utils/text.ts',
    'src/engine/plan-helpers.ts',
    'src/shared.ts',
    'src/model/index.ts',
    'src/model/planHead.ts',
    'src/store/store-base.ts',
    'src/engine/plan-manager.ts',
  ])('sees %s', (path) => {
    expect(names(path)).toHaveLength(1);
  });

  test.each([
    'class PlanManager {}',
    'export abstract class AbstractStore {}',
    'type StoreImpl = 1;',
    'function planHelper() {}',
    'interface SharedState {}',
    'const textUtils = 1;',
  ])('sees the name in: %s', (text) => {
    expect(names('src/plan.ts', text)).toHaveLength(1);
  });

  test('lets honest words pass', () => {
    expect(names('src/base64.ts', 'function describeManager() {} const searchBase = 1; type Baseline = 2;')).toEqual(
      [],
    );
  });

  test.each([
    'export default 1;',
    'export { a as default };',
    'let a: any;',
    'const a = b as any;',
    'type A = Record<string, any>;',
    'let a: any[] = [];',
    `// @ts-${'ignore'}`,
    `/* @ts-${'expect-error'}: no */`,
  ])('sees: %s', (text) => {
    expect(forms(text)).toHaveLength(1);
  });

  test('sees no forbidden form where the words stand for something else', () => {
    const text = "const a = { type: 'any' }; expect.any(String); switch (a) { default: } // any default\n";
    expect(forms(text)).toEqual([]);
  });
});

describe('the check of papers and texts', () => {
  test('sees a path and a link that lead nowhere', () => {
    const tree = treeOf({
      'ARCHITECTURE.md':
        'Read `src/engine/run.ts`, src/engine/gone.ts, `src/store/*.ts`,\n[this](docs/none.md), `NOTES.md`.',
      'src/engine/run.ts': '',
      'src/store/store.ts': '',
    });
    expect(tell(findLostPaths(tree, ['ARCHITECTURE.md']))).toEqual([
      'ARCHITECTURE.md:1 names src/engine/gone.ts, which is not there',
      'ARCHITECTURE.md:2 names docs/none.md, which is not there',
      'ARCHITECTURE.md:2 names NOTES.md, which is not there',
    ]);
  });

  test('sees the path of a machine and the host of a registry, and leaves addresses alone', () => {
    const home = ['', 'home', 'ann', 'dirbridge'].join('/');
    const host = ['registry', 'npmjs', 'org'].join('.');
    const tree = treeOf({
      'a.md': `cd ${home}\nhttps://${host}/zod`,
      'b.md': 'https://example.com/home/ann, ./work/x, src/work/y, /etc/dirbridge/password, the npm registry. And more',
    });
    expect(findMachineTraces(tree).map((one) => `${one.file}:${one.line}`)).toEqual(['a.md:1', 'a.md:2']);
  });

  test('knows a test by its name', () => {
    expect(['a.test.ts', 'a.contract.ts', 'contract.ts', 'test.ts'].map(isTestFile)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
