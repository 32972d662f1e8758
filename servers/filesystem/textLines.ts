/** The first lines of a text. A line break at its end begins no further line. */
export function firstLines(text: string, count: number): string {
  let end = -1;
  for (let line = 0; line < count; line += 1) {
    end = text.indexOf("\n", end + 1);
    if (end < 0) return text;
  }
  return text.slice(0, end);
}

/** The last lines of a text, without the line break at its end. */
export function lastLines(text: string, count: number): string {
  const end = text.endsWith("\n") ? text.length - 1 : text.length;
  let start = end;
  for (let line = 0; line < count; line += 1) {
    // A negative position counts as 0, where the line break of an empty first line may stand.
    start = start === 0 ? -1 : text.lastIndexOf("\n", start - 1);
    if (start < 0) return text.slice(0, end);
  }
  return text.slice(start + 1, end);
}
