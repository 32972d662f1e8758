/** What a machine's apt sources say about where Debian's packages come from. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
}

/** Reads deb822 text (`*.sources`): stanzas of `Key: value` lines, `#` for comments, blanks continue a value. */
export function deb822Sources(text: string): AptSource[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  const stanzas = lines.join("\n").split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const fields = stanzaFields(stanza);
    if (/^(no|false)$/i.test(fields.get("enabled")?.trim() ?? "")) return [];
    if (!words(fields.get("types")).includes("deb")) return [];
    const suites = words(fields.get("suites"));
    return words(fields.get("uris")).map((uri) => ({ uri, suites }));
  });
}

function stanzaFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let key = "";
  for (const line of stanza.split("\n")) {
    const start = /^([A-Za-z-]+):(.*)$/.exec(line);
    if (start?.[1] !== undefined) {
      key = start[1].toLowerCase();
      fields.set(key, start[2] ?? "");
    } else if (key !== "" && /^\s/.test(line)) {
      fields.set(key, `${fields.get(key) ?? ""} ${line}`);
    }
  }
  return fields;
}

function words(value: string | undefined): string[] {
  return (value ?? "").split(/\s+/).filter((word) => word !== "");
}

/** Reads the one-line form (`*.list`): `deb [options] uri suite component…`. */
export function oneLineSources(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const found = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/.exec(line);
    return found?.[1] === undefined || found[2] === undefined ? [] : [{ uri: found[1], suites: [found[2]] }];
  });
}

/** The mirror to take another Debian release from: the first that serves one, security archives apart. */
export function debianMirror(sources: readonly AptSource[]): string | undefined {
  const usable = sources.filter(
    ({ uri, suites }) =>
      /^(https?|mirror\+https?):/.test(uri) &&
      !/-security/.test(uri) &&
      suites.some((suite) => !/security|backports|updates/.test(suite)),
  );
  const debian =
    usable.find(({ uri }) => /\/debian\/?$/.test(uri)) ?? usable.find(({ uri }) => uri.includes("debian"));
  return debian?.uri.replace(/\/$/, "");
}
