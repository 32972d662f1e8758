import { holdsMark } from "./secretReference.ts";

/**
 * A value of `.env` that bash's `source` and dotenv parsers read alike: bare where no syntax sees anything special,
 * else in single quotes, which both take literally, else (it holds an apostrophe) in double quotes.
 *
 * @throws TypeError for what the two read differently; see `unquotable`.
 */
export function quoteDotenv(value: string): string {
  const fault = unquotable(value);
  if (fault !== undefined) throw new TypeError(fault);
  if (/^[A-Za-z0-9_./:@%+,-]+$/.test(value)) return value;
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}

/** Why a text cannot stand in `.env`, or undefined. */
function unquotable(value: string): string | undefined {
  if (/[\n\r]/.test(value)) return "a line break cannot stand in .env";
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(value)) return "a control character cannot stand in .env";
  if (!value.isWellFormed()) return "half a surrogate pair is not a character";
  if (holdsMark(value)) return "${secret:…} would be taken for a secret";
  // Inside single quotes dotenv takes \' for an apostrophe and bash does not.
  if (!value.includes("'"))
    return value.endsWith("\\") ? "a backslash at the end cannot stand in .env" : undefined;
  // Inside double quotes bash wants escapes that dotenv does not undo.
  if (/["$`\\]/.test(value)) return 'an apostrophe together with ", $, ` or \\ cannot stand in .env';
  return undefined;
}
