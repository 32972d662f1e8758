import { parse } from "yaml";

export interface StackFileSecrets {
  /** Top-level keys of the namespace in the file. */
  readonly keys: readonly string[];
  readonly secretPaths: readonly string[];
  readonly plainSecrets: readonly string[];
}

/**
 * Where secrets lie in the text of a `Pulumi.<stack>.yaml`. Pulumi itself tells a program only which
 * top-level keys hold a secret, not where in them, nor what beside it lies in clear.
 */
export function inspectStackFile(text: string, namespace: string): StackFileSecrets {
  const file = parse(text) as { config?: Record<string, unknown> } | null;
  const own = Object.entries(file?.config ?? {}).filter(([key]) => key.startsWith(`${namespace}:`));
  const config = Object.fromEntries(own.map(([key, value]) => [key.slice(namespace.length + 1), value]));
  const secrets = config["secrets"];
  const named = isObject(secrets) && !isSecure(secrets) ? Object.entries(secrets) : [];
  return {
    keys: Object.keys(config),
    secretPaths: securePaths(config, ""),
    plainSecrets: named.filter(([, value]) => !isSecure(value)).map(([name]) => name),
  };
}

function securePaths(value: unknown, path: string): string[] {
  if (isSecure(value)) return [path];
  if (Array.isArray(value))
    return value.flatMap((item, index) => securePaths(item, `${path}[${String(index)}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    securePaths(item, path === "" ? key : `${path}.${key}`),
  );
}

function isSecure(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 1 && typeof value["secure"] === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
