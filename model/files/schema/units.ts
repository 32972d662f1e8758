const byteUnits = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const;
type ByteUnit = keyof typeof byteUnits;

/** Bytes of `10MB`, `512 KiB`, `1.5GB`; units are powers of 1024. Undefined for anything else. */
export function byteCount(written: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([KMG]?)(I?)B$/.exec(written.trim().toUpperCase());
  if (!match) return undefined;
  const count = Number(match[1]) * byteUnits[`${match[2] ?? ""}B` as ByteUnit];
  return Number.isSafeInteger(Math.round(count)) ? Math.round(count) : undefined;
}

/** Bytes in the largest unit that says them exactly: 10485760 is `10MB`. */
export function sizeText(count: number): string {
  const units = Object.entries(byteUnits).toReversed();
  const [unit, factor] = units.find(([, each]) => count >= each && count % each === 0) ?? ["B", 1];
  return `${String(count / factor)}${unit}`;
}

const durationUnits = { ms: 1, s: 1000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `30s`, `5min`, `12h`, `7d`, `PT1H30M`, `P7D`. Undefined for anything else. */
export function durationMilliseconds(written: string): number | undefined {
  const short = /^(\d+(?:\.\d+)?) ?(ms|s|min|m|h|d)$/.exec(written);
  if (short) return exact(Number(short[1]) * durationUnits[short[2] as keyof typeof durationUnits]);
  const iso = /^P(?!$)(?:(\d+)W)?(?:(\d+)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(
    written,
  );
  if (!iso) return undefined;
  const [weeks, days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return exact((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000);
}

/** Without what a fraction of a unit adds to the last digit: 1.1 × 60000 is 66000. */
function exact(milliseconds: number): number {
  return Number(milliseconds.toFixed(6));
}
