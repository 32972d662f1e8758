const escapes: Readonly<Record<string, string>> = {
  "'": "''",
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/**
 * A value of postgresql.conf: numbers and words as they are, all else as a quoted string (`guc-file.l`:
 * quotes doubled, C escapes and octal numbers). The server reads back exactly the given text.
 *
 * @throws TypeError for what the syntax cannot carry; see `unquotable`.
 */
export function quoteSetting(value: string): string {
  const fault = unquotable(value);
  if (fault !== undefined) throw new TypeError(fault);
  if (/^(-?\d+[A-Za-z]*|-?\d+\.\d+|[A-Za-z]\w*)$/.test(value)) return value;
  return `'${Array.from(value, escapeCharacter).join("")}'`;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const control = code < 0x20 || code === 0x7f;
  return escapes[character] ?? (control ? `\\${code.toString(8).padStart(3, "0")}` : character);
}

/** Why a text cannot stand in postgresql.conf, or undefined. */
export function unquotable(value: string): string | undefined {
  if (value.includes("\0")) return "a NUL character cannot stand in postgresql.conf";
  if (!value.isWellFormed()) return "half a surrogate pair is not a character";
  return undefined;
}
