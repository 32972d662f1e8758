const binaryUnits = { "": 0, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;

/** Bytes of a size as people write it: `512MB`, `2GB`, `1.5 GiB`, `2g`. Units are binary, as in PostgreSQL and Docker. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([MGT])(?:i?B)?$/i.exec(text.trim());
  if (!match) return undefined;
  const unit = match[2]?.toUpperCase() as keyof typeof binaryUnits;
  return Math.round(Number(match[1]) * binaryUnits[unit]);
}

/** Days: `90`, `90d`, `90 days`, `12 weeks`. */
export function parseDays(text: string): number | undefined {
  const match = /^(\d+)\s*(d|days?|w|weeks?)?$/i.exec(text.trim());
  if (!match) return undefined;
  return Number(match[1]) * (match[2]?.toLowerCase().startsWith("w") === true ? 7 : 1);
}

/** An instant: a date (midnight UTC) or a date and time with its zone. */
export function parseInstant(text: string): string | undefined {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d{2}:\d{2})$/.test(text);
  if (!date && !instant) return undefined;
  const parsed = new Date(text);
  if (Number.isNaN(parsed.getTime())) return undefined;
  // 31 February would otherwise silently become 3 March.
  if (date && parsed.toISOString().slice(0, 10) !== text) return undefined;
  return parsed.toISOString();
}
