import type { FaultDetails } from "#model/fault.ts";
import { isPlaceholder } from "#model/placeholder.ts";

/** Placeholders anywhere in the configuration. A secret's text is judged and never shown. */
export function placeholderFaults(
  config: Readonly<Record<string, unknown>>,
  isSecret: (path: string) => boolean,
): FaultDetails[] {
  return leaves(config).flatMap(([path, text]) => {
    const secret = isSecret(path);
    if (!isPlaceholder(text, secret)) return [];
    const shown = secret ? "its value" : JSON.stringify(text);
    return [
      {
        code: "SETTINGS_PLACEHOLDER",
        where: path,
        problem: `${shown} is a placeholder copied from an example.`,
        mend: `Set a value of your own: pulumi config set --path ${secret ? "--secret " : ""}'${path}'`,
      },
    ];
  });
}

function leaves(value: unknown, path = ""): [path: string, text: string][] {
  if (typeof value === "string") return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, `${path}[${String(index)}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, path === "" ? key : `${path}.${key}`));
}
