/** One way in which a volume is not as it was delivered. Holds no content, and so no secret. */
export interface Drift {
  /** Path below the mount point, such as `mcp/postgres.json`. */
  readonly file: string;
  readonly kind: "content" | "mode" | "owner" | "missing" | "extra" | "type";
  /** Of another content: JSON Pointer, name of the variable, or line; without it, the file as a whole. */
  readonly place?: string;
  /** Of another mode, owner or type: what was found. */
  readonly found?: string;
}

/** In words, as tables and messages show it. */
export function driftSentence({ file, kind, place, found }: Drift): string {
  const at = place === undefined ? file : `${file}${place.startsWith("line ") ? ` ${place}` : `#${place}`}`;
  const said = {
    content: place === undefined ? "has another content" : "is another",
    mode: `has mode ${found ?? "?"}`,
    owner: `is owned by ${found ?? "?"}`,
    missing: "is missing",
    extra: "was added",
    type: `is a ${found ?? "?"}`,
  }[kind];
  return `${at} ${said}`;
}
