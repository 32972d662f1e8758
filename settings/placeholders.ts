import type { FaultDetails } from "#model/fault.ts";

/** Texts that stand in examples and must not run anywhere. */
const anywhere = [
  /^your[-_ ]/i,
  /change[-_ ]?(me|it)\b/i,
  /change[-_ ]?in[-_ ]?production/i,
  /^(secure|strong)[-_ ]password$/i,
  /^<[^>]*>$/,
  /^\$\{[^}]*\}$/,
  /^x{3,}$/i,
  /_here$/i,
];

/** Further texts that are no secrets, whatever they may be elsewhere. */
const asSecret = [
  /^(pass(word|phrase|wd)?|secret|token|api[-_ ]?key|key|admin|root|test|example|dummy|placeholder|none|todo)\d*$/i,
  /^(postgres|qwerty|letmein|0?123456\d*)$/i,
];

/** Placeholders anywhere in the configuration. A secret's text is judged and never shown. */
export function placeholderFaults(
  config: Readonly<Record<string, unknown>>,
  isSecret: (path: string) => boolean,
): FaultDetails[] {
  return leaves(config).flatMap(([path, text]) => {
    const secret = isSecret(path);
    const patterns = secret ? [...anywhere, ...asSecret] : anywhere;
    if (!patterns.some((pattern) => pattern.test(text.trim()))) return [];
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
