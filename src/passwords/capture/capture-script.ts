/** What the script on a domain controller has to know. */
export interface ScriptSettings {
  /** Absolute path of the socket. */
  readonly socket: string;
  /** Id of the user whose socket it must be. */
  readonly owner: number;
  /** The source as the configuration calls it; empty: the only one. */
  readonly source: string;
  /** The `check password script` of before; empty: none. */
  readonly earlier: string;
}

/** Fills the settings into the text of `check-password.py`. */
export function fillScript(text: string, { socket, owner, source, earlier }: ScriptSettings): string {
  const settings = {
    SOCKET: pythonText(socket),
    OWNER: String(owner),
    SOURCE: pythonText(source),
    EARLIER: pythonText(earlier),
  };
  let filled = text;
  for (const [name, value] of Object.entries(settings)) {
    const line = new RegExp(`^${name} = .*$`, 'm');
    if (!line.test(filled)) throw new TypeError(`the script has no setting ${name}`);
    filled = filled.replace(line, () => `${name} = ${value}`);
  }
  return filled;
}

/** A literal of Python in ASCII: that of JSON is one, but for what is beyond the first plane of Unicode. */
function pythonText(text: string): string {
  const escapeCharacter = (character: string): string => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  };
  return JSON.stringify(text).replace(/[^ -~]/gu, escapeCharacter);
}
