/**
 * A parameter as PostgreSQL reads it: text of a scalar, `{…}` for an array, JSON for an object. A JSON array for
 * a json column is passed as a string by the caller, since an array here means PostgreSQL's own.
 */
export function parameterText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return arrayText(value);
  return JSON.stringify(value);
}

function arrayText(values: readonly unknown[]): string {
  const entries = values.map((value) => {
    if (value === null || value === undefined) return "NULL";
    if (Array.isArray(value)) return arrayText(value);
    const text = parameterText(value) ?? "NULL";
    return `"${text.replace(/["\\]/g, String.raw`\$&`)}"`;
  });
  return `{${entries.join(",")}}`;
}
