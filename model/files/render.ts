import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import { buildFiles } from "./build.ts";
import type { FileFacts } from "./facts.ts";
import type { Overrides } from "./overrides.ts";
import { quoteDotenv } from "./quoteDotenv.ts";
import { secretsIn } from "./secretReference.ts";
import { fileKeys, fileName, type FileKey, type FileValues } from "./schema/files.ts";

const templates = new URL("../../templates/files/", import.meta.url);

/** Own instance: helpers and escaping of other targets (postgresql.conf, SQL) must not meet these. */
const handlebars = Handlebars.create();
handlebars.registerHelper("json", (value: unknown) => json(value));
handlebars.registerHelper("dotenv", (variable: Variable) => written(variable, quoteDotenv));
handlebars.registerHelper("marked", (variable: Variable) => written(variable, marked));

const compiled = new Map<FileKey, Handlebars.TemplateDelegate>();

/**
 * The text of every file, by its name. Equal settings give equal bytes. No text holds a secret: JSON files have
 * references to files, `.env` has marks that `fillSecrets` replaces where it is written.
 *
 * @throws Faults for overrides that do not fit.
 */
export function renderFiles(facts: FileFacts, overrides: Overrides = {}): Record<string, string> {
  return renderValues(buildFiles(facts, overrides));
}

/** The same from values that were built before. */
export function renderValues(values: FileValues): Record<string, string> {
  return Object.fromEntries(fileKeys.map((file) => [fileName(file), renderFile(file, values[file])]));
}

/** The text of one file. @throws TypeError naming what its syntax cannot carry. */
export function renderFile<K extends FileKey>(file: K, values: FileValues[K]): string {
  let template = compiled.get(file);
  if (!template) {
    const source = readFileSync(new URL(`${fileName(file)}.hbs`, templates), "utf8");
    template = handlebars.compile(source, { noEscape: true, strict: true });
    compiled.set(file, template);
  }
  return template(file === "env" ? variables(values) : values);
}

/** A section of a JSON file, two levels in. */
function json(value: unknown): string {
  const text = JSON.stringify(value, null, 2) as string | undefined;
  if (text === undefined) throw new TypeError("a section that the template names is missing");
  return text.replaceAll("\n", "\n  ");
}

/** A variable of `.env`, with its name for messages. */
interface Variable {
  readonly name: string;
  readonly text: string;
}

function variables(values: object): Record<string, Variable> {
  const entries = Object.entries(values).map(([name, value]) => [name, { name, text: String(value) }]);
  return Object.fromEntries(entries) as Record<string, Variable>;
}

function written({ name, text }: Variable, write: (text: string) => string): string {
  try {
    return write(text);
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** A value with the mark of a secret in it. What stands around the mark needs no quotes. */
function marked(value: string): string {
  const rest = value.replaceAll(/\$\{secret:[a-z0-9-]+(:url)?\}/g, "");
  if (secretsIn(value).length === 1 && /^[A-Za-z0-9_./:@%+,-]*$/.test(rest)) return value;
  throw new TypeError("what needs a secret must refer to exactly one");
}
