import { createTwoFilesPatch } from "diff";

/** A diff of texts with more differing lines than this shows the whole range as replaced. */
const mostChanges = 2000;
const longestMilliseconds = 250;

/** A unified diff in a fenced block, as clients of the stock server show it. */
export function unifiedDiff(name: string, before: string, after: string): string {
  const limits = { maxEditLength: mostChanges, timeout: longestMilliseconds };
  const found = createTwoFilesPatch(name, name, before, after, "original", "modified", limits);
  const diff = found ?? replacedRange(name, before, after);
  let fence = "```";
  while (diff.includes(fence)) fence += "`";
  return `${fence}diff\n${diff}${fence}\n\n`;
}

/** One hunk from the first line that differs to the last one. */
function replacedRange(name: string, before: string, after: string): string {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const shorter = Math.min(old.length, now.length);
  let start = 0;
  while (start < shorter && old[start] === now[start]) start += 1;
  let same = 0;
  while (same < shorter - start && old.at(-1 - same) === now.at(-1 - same)) same += 1;
  const [removed, added] = [old.slice(start, old.length - same), now.slice(start, now.length - same)];
  return [
    `--- ${name}\toriginal`,
    `+++ ${name}\tmodified`,
    `@@ -${start + 1},${removed.length} +${start + 1},${added.length} @@`,
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    "",
  ].join("\n");
}
