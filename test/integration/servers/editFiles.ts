/** Files of a service by path, as `spoil` of the harness sees them. */
type Files = Record<string, string>;

/** Sets keys, by JSON Pointer, in a JSON file, whatever the stack's settings would make of them. */
export function editFiles(changes: Readonly<Record<string, Readonly<Record<string, unknown>>>>) {
  return (files: Files): void => {
    for (const [file, keys] of Object.entries(changes)) {
      const path = `mcp/${file}.json`;
      const content = JSON.parse(files[path] ?? "{}") as Record<string, unknown>;
      for (const [pointer, value] of Object.entries(keys)) set(content, pointer.slice(1).split("/"), value);
      files[path] = JSON.stringify(content);
    }
  };
}

function set(content: Record<string, unknown>, parts: readonly string[], value: unknown): void {
  const [name = "", ...rest] = parts;
  if (rest.length === 0) content[name] = value;
  else set((content[name] ??= {}) as Record<string, unknown>, rest, value);
}
