const units = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const;

/** Bytes of `10MB`, `512 KB` or a plain number; units are powers of 1024. Undefined for anything else. */
export function byteSize(text: string | number): number | undefined {
  if (typeof text === "number") return Number.isSafeInteger(text) && text >= 0 ? text : undefined;
  const match = /^\s*(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)?\s*$/i.exec(text);
  if (!match) return undefined;
  const unit = (match[2] ?? "B").toUpperCase() as keyof typeof units;
  return Math.floor(Number(match[1]) * units[unit]);
}
