import type { ShippedComparison } from '../../app.ts';

/** Whether the shipped rules here are those that an exported configuration was made over, in lines. */
export function comparisonText({ version, changed, onlyThere, onlyHere }: ShippedComparison): readonly string[] {
  const differing = [
    ...changed.map((name) => `${name}: it is another one here`),
    ...onlyThere.map((name) => `${name}: there is none here`),
    ...onlyHere.map((name) => `${name}: is new here`),
  ];
  if (differing.length === 0) return [`exported by Dirbridge ${version}; the shipped rules here are the same`];
  return [
    `exported by Dirbridge ${version}; ${differing.length} of the shipped rules here ${differing.length === 1 ? 'differs' : 'differ'} from those there:`,
    ...differing.map((line) => `  ${line}`),
  ];
}
