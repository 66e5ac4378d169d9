import type { Import, SourceFile } from './source-file.ts';

/** One row of the table of permitted imports. */
export interface Place {
  readonly name: string;
  /** A file; a folder with everything in it (`src/model/`); or each folder of a folder on its own (a star in its place). The first row that fits counts. */
  readonly at: string;
  /** Names of places, besides the place itself. */
  readonly may: readonly string[] | 'anything';
  /** Only types may be imported. */
  readonly typesOnly?: boolean;
  /** Files that import what they are given: nobody can tell what that is. */
  readonly computes?: readonly string[];
  readonly because: string;
}

/** A package that only some files may import. */
export interface Package {
  readonly name: string;
  /** Files or folders. */
  readonly only: readonly string[];
  readonly because: string;
}

/** Something that is not as it should be: file, line, and what the rule is. */
export interface Breach {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
}

interface Seat {
  readonly place: Place;
  /** The file or folder that the file belongs to: within it everything may import everything. */
  readonly house: string;
}

/** Tests, the contract suites and what stands beside them may import whatever they try. */
export function isTestFile(path: string): boolean {
  return /\.(test|contract)\.tsx?$/.test(path);
}

/** The row of the table that a file falls under; null: under none. */
export function placeOf(table: readonly Place[], path: string): Seat | null {
  for (const place of table) {
    const pattern = place.at.replaceAll('.', '\\.').replace('*', '[^/]+');
    const house = new RegExp(place.at.endsWith('/') ? `^${pattern}` : `^${pattern}$`).exec(path)?.[0];
    if (house !== undefined) return { place, house };
  }
  return null;
}

/** Imports between places that the table does not permit, files that stand nowhere in it, and imports of files that are not there. */
export function findForbiddenImports(table: readonly Place[], files: readonly SourceFile[]): readonly Breach[] {
  const paths = new Set(files.map((file) => file.path));
  return files.flatMap((file) => {
    const seat = placeOf(table, file.path);
    if (seat === null && isTestFile(file.path)) return [];
    if (seat === null)
      return [{ file: file.path, line: 1, rule: 'stands nowhere in the table of permitted imports: give it a place' }];
    return file.imports.flatMap((one) => judgeImport(table, paths, file, seat, one));
  });
}

function judgeImport(
  table: readonly Place[],
  paths: ReadonlySet<string>,
  file: SourceFile,
  seat: Seat,
  one: Import,
): readonly Breach[] {
  const breach = (rule: string): readonly Breach[] => [{ file: file.path, line: one.line, rule }];
  const mayCompute = seat.place.may === 'anything' || seat.place.computes?.includes(file.path);
  if (one.target === null && mayCompute) return [];
  if (one.target === null) return breach('imports something that is computed, so nobody can tell what it is');
  if (one.isPackage || one.target.endsWith('.json')) return [];
  if (!paths.has(one.target)) return breach(`imports ${one.target}, which is not there`);
  if (isTestFile(file.path) || seat.place.may === 'anything') return [];
  if (isTestFile(one.target)) return breach(`imports ${one.target}: the product does not need its tests`);
  const other = placeOf(table, one.target);
  if (other === null || other.house === seat.house) return [];
  const { name, may, because, typesOnly } = seat.place;
  if (!may.includes(other.place.name)) {
    const allowed = may.length === 0 ? 'nothing' : may.join(', ');
    return breach(`imports ${one.target} (${other.place.name}); ${name} may import ${allowed}: ${because}`);
  }
  return typesOnly && !one.isType ? breach(`imports ${one.target} not as a type: ${because}`) : [];
}

/** Packages in the wrong places. */
export function findForbiddenPackages(table: readonly Package[], files: readonly SourceFile[]): readonly Breach[] {
  return files
    .filter((file) => !isTestFile(file.path))
    .flatMap((file) =>
      file.imports.flatMap((one) =>
        table
          .filter((row) => one.isPackage && row.name === one.target && !row.only.some((at) => isIn(at, file.path)))
          .map(({ name, only, because }) => ({
            file: file.path,
            line: one.line,
            rule: `imports ${name}, which only ${only.join(', ')} may: ${because}`,
          })),
      ),
    );
}

export function isIn(place: string, path: string): boolean {
  return place.endsWith('/') ? path.startsWith(place) : path === place;
}

/** Every circle of imports as the files on it, each told once, at the first file by name. */
export function findCircles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const imports = new Map(
    files.map((file) => [file.path, file.imports.flatMap((one) => (one.isPackage ? [] : [one.target]))]),
  );
  const done = new Set<string>();
  const circles: string[][] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) {
      circles.push([...way.slice(start), path]);
      return;
    }
    if (done.has(path)) return;
    for (const next of imports.get(path) ?? []) if (next !== null) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return circles;
}

/** The files that import one of the files of a place from outside of it, without tests. */
export function importersOf(at: string, files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => !isTestFile(file.path) && !isIn(at, file.path))
    .filter((file) => file.imports.some((one) => one.target !== null && isIn(at, one.target)))
    .map((file) => file.path);
}
