/** A text as a literal of PowerShell, which takes typographic quotation marks for the plain one; each is doubled. */
export function quoteForPowerShell(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

/** A text as a word of a POSIX shell. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A text as a line of a comment: whatever could end it is taken out. */
export function commentLine(text: string): string {
  return `# ${text.replace(/\p{Cc}+/gu, ' ')}`.trimEnd();
}
