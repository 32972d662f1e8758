import type { createColors } from "picocolors";
import { categories, type Check } from "./check.ts";

type Colors = ReturnType<typeof createColors>;

/** The findings as a table in the order of the categories, with what to do below what is wrong. */
export function report(checks: readonly Check[], colors: Colors): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const paint = { OK: colors.green, WARN: colors.yellow, FAIL: colors.red };
  const blocks = categories.flatMap((category) => {
    const own = checks.filter((check) => check.category === category);
    if (own.length === 0) return [];
    const lines = own.flatMap(({ level, name, finding, mend }) => [
      `  ${paint[level](level.padEnd(4))}  ${name.padEnd(width)}  ${finding}`,
      ...(mend === undefined ? [] : [`        ${" ".repeat(width)}  → ${mend}`]),
    ]);
    return [[colors.bold(category), ...lines].join("\n")];
  });
  return `${blocks.join("\n\n")}\n\n${verdict(checks)}`;
}

function verdict(checks: readonly Check[]): string {
  const failed = checks.filter(({ level }) => level === "FAIL").length;
  const warned = checks.filter(({ level }) => level === "WARN").length;
  return `${checks.length - failed - warned} OK, ${warned} WARN, ${failed} FAIL`;
}

/** For programs: `{ "ok": boolean, "checks": Check[] }`. */
export function reportJson(checks: readonly Check[]): string {
  return JSON.stringify({ ok: checks.every(({ level }) => level !== "FAIL"), checks }, null, 2);
}
