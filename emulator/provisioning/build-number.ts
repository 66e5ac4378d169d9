/** Whether a build such as `2.2.8.0` is lower than another. One that is no number at all is lower than any. */
export function isOlderBuild(build: string, minimum: string): boolean {
  if (!isBuildNumber(build)) return true;
  const found = build.split('.').map(Number);
  for (const [place, least] of minimum.split('.').map(Number).entries()) {
    const part = found[place] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

export function isBuildNumber(text: string): boolean {
  return /^\d+(\.\d+){0,3}$/.test(text);
}
