/**
 * An independent reading of postgresql.conf, after the manual ("Setting Parameters", file syntax) and the
 * server's `GUC_scanstr`; it shares no code with what writes the file.
 */
export function readSettings(conf: string): [name: string, value: string][] {
  return conf.split("\n").flatMap((line): [string, string][] => {
    const match = /^([A-Za-z_][\w.]*)\s*=\s*('(?:[^'\\]|''|\\.)*'|[^\s#']+)\s*(#.*)?$/.exec(line);
    if (match) return [[match[1] ?? "", unquote(match[2] ?? "")]];
    if (line.trim() === "" || line.startsWith("#")) return [];
    throw new SyntaxError(`not a line of postgresql.conf: ${line}`);
  });
}

const controls: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

export function unquote(text: string): string {
  if (!text.startsWith("'")) return text;
  const inner = text.slice(1, -1);
  let value = "";
  for (let index = 0; index < inner.length; index++) {
    const character = inner[index];
    if (character === "'") {
      if (inner[++index] !== "'") throw new SyntaxError("the text ends before its end");
      value += "'";
    } else if (character === "\\") {
      const number = /^[0-7]{1,3}/.exec(inner.slice(index + 1, index + 4))?.[0];
      const escaped = inner[index + 1] ?? "";
      value +=
        number === undefined ? (controls[escaped] ?? escaped) : String.fromCharCode(parseInt(number, 8));
      index += number === undefined ? 1 : number.length;
    } else {
      value += character;
    }
  }
  return value;
}
